/* Formulas that fit a phone, and a page that prints what it folds. Loaded before
   MathJax, whose settings it completes. */

(function () {
  "use strict";

  // MathJax keeps room for an equation's number on both sides of a centred formula.
  // Where the column is narrow the formula begins at the left instead.
  const narrow = window.matchMedia("(max-width: 768px)").matches;
  if (narrow) {
    const settings = (window.MathJax = window.MathJax || {});
    settings.chtml = Object.assign({}, settings.chtml, {
      displayAlign: "left",
      displayIndent: "0",
    });
    settings.tex = Object.assign({}, settings.tex, { tagIndent: "0" });
  }

  // A phone fetches a figure when it comes near. Elsewhere the rest follow once the page
  // stands, because a browser prints without those that it has not fetched.
  window.addEventListener("load", function () {
    const rest = narrow ? [] : document.querySelectorAll("article img[loading=lazy]");
    rest.forEach((image) => (image.loading = "eager"));
  });

  // On paper nothing can be unfolded.
  let opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("article details:not([open])"));
    document.querySelectorAll("article details > summary").forEach(function (summary) {
      const words = summary.querySelector(".collapsed") || summary;
      const label = words.textContent.trim().replace(/^Show (the )?/, "");
      summary.dataset.label = label.charAt(0).toUpperCase() + label.slice(1);
    });
    opened.forEach((details) => (details.open = true));
  });
  window.addEventListener("afterprint", function () {
    opened.forEach((details) => (details.open = false));
    opened = [];
  });
})();

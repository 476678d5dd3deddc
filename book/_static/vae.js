/* Formulas and a menu that scroll where they must, and a page that prints what it
   folds. */

(function () {
  "use strict";

  const narrow = window.matchMedia("(max-width: 768px)").matches;

  // Read from a disk, a page may not fetch another one for the search to quote it.
  document.addEventListener("DOMContentLoaded", function () {
    if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object") {
      DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
    }
  });

  // A formula that is wider than its box is scrolled with the arrow keys, others are no
  // stop of the Tab key.
  function stopAtWideFormulas() {
    document.querySelectorAll(".formula-body").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", "Formula that scrolls sideways");
      } else {
        ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
      }
    });
  }
  document.addEventListener("DOMContentLoaded", stopAtWideFormulas);
  window.addEventListener("load", stopAtWideFormulas); // the font is there
  window.addEventListener("resize", stopAtWideFormulas);

  // The menu scrolls under the title and the search field to the page that is open.
  document.addEventListener("DOMContentLoaded", function () {
    const menu = document.querySelector(".bd-sidebar-primary .bd-links");
    const here = menu && menu.querySelector("a.current");
    const box = menu && menu.parentElement;
    if (here && box.scrollHeight > box.clientHeight) {
      const above = here.getBoundingClientRect().top - box.getBoundingClientRect().top;
      box.scrollTop = above - box.clientHeight / 3;
    }
  });

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

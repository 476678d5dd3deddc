/* A button under each question, which judges the choice in words and explains it. The
   words come from the explained answers, which a reader without scripts unfolds. */

(function () {
  "use strict";

  function judge(question, says) {
    const inputs = Array.from(question.querySelectorAll("input"));
    const chosen = inputs.findIndex((input) => input.checked);
    if (chosen < 0) {
      says.textContent = "Choose an answer first.";
      return;
    }
    const reason = question.querySelectorAll("details > ul > li")[chosen];
    says.replaceChildren(...reason.cloneNode(true).childNodes);
  }

  document.querySelectorAll("fieldset.vae-quiz").forEach(function (question) {
    const button = question.querySelector("button");
    const says = question.querySelector(".vae-quiz-says");
    button.hidden = false;
    button.addEventListener("click", () => judge(question, says));
    // What was said of another choice must not stand beside the new one.
    question.addEventListener("change", () => says.replaceChildren());
  });
})();

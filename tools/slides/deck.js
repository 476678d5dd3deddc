"use strict";
/* Starts reveal.js, and sets what is too large for its slide a little smaller. */
const SIZE = {width: 1280, height: 720};
const SMALLEST = 0.6; // of the usual size

function fit(slide) {
  const body = slide && slide.querySelector(":scope > .body");
  if (!body) return;
  body.style.zoom = 1;
  const scale = slide.getBoundingClientRect().width / slide.offsetWidth || 1;
  const free = SIZE.height - 24 - body.offsetTop;
  let zoom = 1;
  while (zoom > SMALLEST && (body.getBoundingClientRect().height / scale > free
      || body.scrollWidth > body.clientWidth + 1)) {
    zoom -= 0.04;
    body.style.zoom = zoom;
  }
}

Reveal.initialize({
  ...SIZE, margin: 0.02, center: false, hash: true, slideNumber: "c/t",
  transition: "none", backgroundTransition: "none", controlsTutorial: false,
}).then(() => {
  fit(Reveal.getCurrentSlide());
  Reveal.on("slidechanged", event => fit(event.currentSlide));
  // S: what a speaker would say, below the slide; again to hide it.
  Reveal.addKeyBinding({keyCode: 83, key: "S", description: "Speaker's notes"}, () =>
    Reveal.configure({showNotes: !Reveal.getConfig().showNotes}));
  document.body.dataset.ready = "yes";
});

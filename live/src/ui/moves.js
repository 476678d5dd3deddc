/** What moves a thing on a canvas: a pointer that holds it, and the arrow keys. */

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowDown: [0, -1],
  ArrowUp: [0, 1],
};

/**
 * Listen to pointers; one that has gone down on the canvas is followed beyond its edge.
 * @param {HTMLCanvasElement} canvas
 * @param {(event: PointerEvent) => void} start where a pointer goes down
 * @param {(event: PointerEvent) => void} [move] where it goes while it is held
 */
export function onDrag(canvas, start, move = start) {
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    start(event);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) move(event);
  });
}

/**
 * Listen to the arrow keys.
 * @param {HTMLCanvasElement} canvas
 * @param {(direction: [number, number], small: boolean) => boolean | void} go is told the
 *   direction, right and up being positive, and whether Shift asks for a small step; false
 *   leaves the key to the page
 */
export function onArrows(canvas, go) {
  canvas.addEventListener("keydown", (event) => {
    const direction = ARROWS[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    if (go(direction, event.shiftKey) !== false) event.preventDefault();
  });
}

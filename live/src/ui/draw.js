export function draw() { return async () => {}; }
draw.defaults = {};

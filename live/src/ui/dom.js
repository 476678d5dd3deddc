/** Small helpers that make the elements of a widget. */

/**
 * Make an element.
 * @param {string} tag
 * @param {Object} [attributes] attributes; `on` holds listeners, `text` the content, a
 *   value of true or false sets or leaves out a flag such as `disabled`.
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) {
        element.addEventListener(type, listener);
      }
    } else if (name === "text") {
      element.textContent = value;
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children);
  return element;
}

/**
 * A number as the pages print it: a true minus sign, a fixed number of decimals.
 * @param {number} value
 * @param {number} [decimals]
 * @returns {string}
 */
export function number(value, decimals = 2) {
  const text = value.toFixed(decimals);
  const zero = Number(text) === 0;
  return (zero ? text.replace("-", "") : text).replace("-", "\u2212");
}

let count = 0;

/** An identifier that nothing else on the page has. */
export function fresh(stem) {
  count += 1;
  return `vae-live-${stem}-${count}`;
}

/**
 * A labelled slider with its value beside it.
 * @param {{label: string, min: number, max: number, step: number, value: number,
 *   decimals?: number, show?: (value: number) => string,
 *   change: (value: number) => void}} options
 * @returns {{element: HTMLElement, input: HTMLInputElement, set: (value: number) => void}}
 */
export function slider(options) {
  const { label, min, max, step, value, decimals = 2, change } = options;
  const show = options.show || ((v) => number(v, decimals));
  const id = fresh("slider");
  const output = make("span", { class: "vae-live-value", "aria-hidden": "true" });
  const input = make("input", { type: "range", id, min, max, step });
  const set = (v) => {
    input.value = v;
    output.textContent = show(v);
    input.setAttribute("aria-valuetext", show(v));
  };
  set(value);
  input.addEventListener("input", () => {
    set(Number(input.value));
    change(Number(input.value));
  });
  const name = make("label", { for: id, text: label });
  const element = make("div", { class: "vae-live-slider" }, name, input, output);
  return { element, input, set };
}

/**
 * A group of radio buttons.
 * @param {{label: string, options: Array<[string, string]>, value: string,
 *   change: (value: string) => void}} settings options as [value, words]
 * @returns {{element: HTMLElement, set: (value: string) => void}}
 */
export function radios({ label, options, value, change }) {
  const name = fresh("radio");
  const group = make("fieldset", { class: "vae-live-choice" });
  group.append(make("legend", { text: label }));
  const inputs = new Map();
  for (const [key, words] of options) {
    const input = make("input", { type: "radio", name, value: key });
    input.checked = key === value;
    input.addEventListener("change", () => change(key));
    inputs.set(key, input);
    group.append(make("label", {}, input, make("span", { text: words })));
  }
  const set = (key) => {
    if (inputs.has(key)) inputs.get(key).checked = true;
  };
  return { element: group, set };
}

/**
 * A box to tick.
 * @param {{label: string, value: boolean, change: (value: boolean) => void}} settings
 * @returns {{element: HTMLElement, input: HTMLInputElement}}
 */
export function checkbox({ label, value, change }) {
  const input = make("input", { type: "checkbox" });
  input.checked = value;
  input.addEventListener("change", () => change(input.checked));
  const words = make("span", { text: label });
  return { element: make("label", { class: "vae-live-check" }, input, words), input };
}

/**
 * A labelled menu.
 * @param {{label: string, options: Array<[string, string]>, value: string,
 *   change: (value: string) => void}} settings
 * @returns {{element: HTMLElement, input: HTMLSelectElement}}
 */
export function menu({ label, options, value, change }) {
  const id = fresh("menu");
  const input = make("select", { id });
  for (const [key, words] of options) {
    input.append(make("option", { value: key, text: words }));
  }
  input.value = value;
  input.addEventListener("change", () => change(input.value));
  const name = make("label", { for: id, text: label });
  return { element: make("div", { class: "vae-live-menu" }, name, input), input };
}

/** A button with words. */
export function button(words, press) {
  return make("button", { type: "button", text: words, on: { click: press } });
}

/**
 * The sentence with the numbers, read out once the reader rests.
 *
 * The visible sentence follows each move; the one for screen readers waits, because a
 * reader who holds a key would hear a hundred of them.
 * @param {number} [rest] milliseconds without a change before it is read
 * @returns {{element: HTMLElement, say: (sentence: string) => void}}
 */
export function sentence(rest = 500) {
  const seen = make("p", { class: "vae-live-sentence", "aria-hidden": "true" });
  const heard = make("p", { class: "vae-live-heard", "aria-live": "polite" });
  let timer = 0;
  let first = true;
  const say = (words) => {
    seen.textContent = words;
    clearTimeout(timer);
    if (first) {
      heard.textContent = words;
      first = false;
    } else {
      timer = setTimeout(() => (heard.textContent = words), rest);
    }
  };
  return { element: make("div", {}, seen, heard), say };
}

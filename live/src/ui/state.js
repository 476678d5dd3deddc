/**
 * The state of every widget in the page's address, so that a setting can be sent.
 *
 * The part after "#" reads "plane.z=0.50,-1.00&draw.digit=7": a widget's name, a point,
 * the name of a setting. A widget writes and reads only its own; what else stands there,
 * such as the name of a heading, stays until the first move.
 */

const WAIT = 300; // milliseconds: browsers allow about a hundred changes in 30 seconds
const SETTING = /^[\w-]+\.[\w-]+$/;

/**
 * The settings in an address.
 * @param {string} hash such as "#plane.z=0,1"
 * @returns {Map<string, string>} by "widget.setting"
 */
export function parse(hash) {
  const pairs = new URLSearchParams(hash.replace(/^#/, ""));
  return new Map([...pairs].filter(([name]) => SETTING.test(name)));
}

/**
 * An address with some settings changed.
 * @param {string} hash the old one
 * @param {Map<string, string|null>} changes by "widget.setting"; null takes one out
 * @returns {string} "#..." or "" where nothing is set
 */
export function format(hash, changes) {
  const settings = parse(hash);
  for (const [name, value] of changes) {
    if (value === null) settings.delete(name);
    else settings.set(name, value);
  }
  const said = [...settings].map(
    ([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ",")}`,
  );
  return said.length ? `#${said.join("&")}` : "";
}

const pending = new Map();
let timer = 0;

function write() {
  const hash = format(location.hash, pending);
  pending.clear();
  const address = location.pathname + location.search + hash;
  history.replaceState(history.state, "", address);
}

/** The settings of one widget. */
export class State {
  /**
   * @param {string} key the widget's name on this page
   * @param {Object<string, string>} defaults what is not written in the address
   */
  constructor(key, defaults) {
    this.key = key;
    this.defaults = defaults;
    this.listeners = [];
    this.values = {};
    this.read();
    window.addEventListener("hashchange", () => {
      this.read();
      this.listeners.forEach((listener) => listener());
    });
  }

  read() {
    const settings = parse(location.hash);
    for (const [name, value] of Object.entries(this.defaults)) {
      this.values[name] = settings.get(`${this.key}.${name}`) ?? value;
    }
  }

  /** @returns {string} */
  get(name) {
    return this.values[name];
  }

  /** Numbers separated by commas; the default's where what is written is not that. */
  numbers(name) {
    const read = (text) => text.split(",").map(Number);
    const fallback = read(this.defaults[name]);
    const found = read(this.values[name]);
    const good = found.length === fallback.length && found.every(Number.isFinite);
    return good ? found : fallback;
  }

  /** One of the words that are allowed; the default for any other. */
  choice(name, allowed) {
    const value = this.values[name];
    return allowed.includes(value) ? value : this.defaults[name];
  }

  set(name, value) {
    const text = String(value);
    this.values[name] = text;
    pending.set(`${this.key}.${name}`, text === this.defaults[name] ? null : text);
    clearTimeout(timer);
    timer = setTimeout(write, WAIT);
  }

  /** Call a function when the reader follows a link to other settings. */
  follow(listener) {
    this.listeners.push(listener);
  }
}

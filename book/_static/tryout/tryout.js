// The exercises that are written and judged in the page. See book/_ext/tryout.py.
//
// Python runs in a worker of its own for each check, so that nothing is left of the one
// before and an endless loop can be stopped. Opened from disk a page may fetch neither
// modules nor worker files: python.js is a plain script, and the worker a Blob.
(function () {
  "use strict";

  const HERE = document.currentScript.src;
  const LIMIT = 3000; // milliseconds that an answer may take
  const START = 20000; // and Python, to begin
  const PRINTED = 2000; // characters of what an answer prints
  const INDENT = "    ";

  // What the worker does. It makes the addresses of Python's two files itself: opened
  // from disk, it may not read those that the page has made.
  const WORKER = `
    const address = (part, type) => URL.createObjectURL(new Blob([part], { type }));
    onmessage = ({ data }) => run(data).catch((error) =>
      postMessage({ error: error.message }));
    async function run(data) {
      let printed = "";
      const keep = (line) => { if (printed.length < ${PRINTED}) printed += line + "\\n"; };
      const { loadMicroPython } = await import(address(data.module, "text/javascript"));
      const python = await loadMicroPython({
        url: address(data.wasm, "application/wasm"), stdout: keep, stderr: keep,
        heapsize: 4 * 1024 * 1024,
      });
      python.runPython(data.judge);
      for (const key of ["name", "exercise", "answer"]) {
        python.globals.set("_" + key, data[key]);
      }
      postMessage({ started: true });
      python.runPython("_right, _said = judge(_name, _exercise, _answer)");
      const [right, said] = ["_right", "_said"].map((key) => python.globals.get(key));
      postMessage({ right, said, printed: printed.slice(0, ${PRINTED}) });
    }`;

  async function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream();
    const whole = stream.pipeThrough(new DecompressionStream("deflate"));
    return new Response(whole).arrayBuffer();
  }

  // MicroPython, the judge and the exercises, once for all exercises of a page.
  let loading = null;
  function load() {
    loading ??= new Promise((done, failed) => {
      window.vaeTryout = done;
      const script = document.createElement("script");
      script.src = HERE.replace(/tryout\.js/, "python.js");
      script.onerror = () => failed(new Error("python.js is not there"));
      document.head.append(script);
    }).then(async ({ binary, texts }) => {
      const module = await unpacked(binary["micropython.mjs"]);
      const wasm = await unpacked(binary["micropython.wasm"]);
      const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
      return { url, module, wasm, texts };
    });
    loading.catch(() => (loading = null)); // the next click tries again
    return loading;
  }

  // The verdict on an answer: {right, said, printed}.
  async function judge(name, answer) {
    const { url, module, wasm, texts } = await load();
    const worker = new Worker(url);
    let timer;
    try {
      return await new Promise((done, failed) => {
        const endless =
          `Not yet: your code still ran after ${LIMIT / 1000} seconds and was ` +
          "stopped. Does a loop never end?";
        timer = setTimeout(() => failed(new Error("it does not begin")), START);
        worker.onerror = (event) => {
          event.preventDefault();
          failed(new Error(event.message || "its worker does not begin"));
        };
        worker.onmessage = ({ data }) => {
          if (data.error) return failed(new Error(data.error));
          if (!data.started) return done(data);
          clearTimeout(timer);
          timer = setTimeout(() => done({ right: false, said: endless }), LIMIT);
        };
        worker.postMessage({
          name, answer, module, wasm, judge: texts.judge, exercise: texts[name],
        });
      });
    } finally {
      clearTimeout(timer);
      worker.terminate();
    }
  }

  // What the reader wrote, kept if the browser lets us.
  const kept = {
    get(name) {
      try {
        return localStorage.getItem(`vae-try:${name}`);
      } catch {
        return null;
      }
    },
    set(name, text) {
      try {
        if (text === null) localStorage.removeItem(`vae-try:${name}`);
        else localStorage.setItem(`vae-try:${name}`, text);
      } catch {
        // Then it lives as long as the page.
      }
    },
  };

  function element(tag, properties, ...inside) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inside);
    return made;
  }

  // As if typed, so that the browser can undo it.
  function type(area, text) {
    area.focus();
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input"));
    }
  }

  // The Tab key moves on, as everywhere; Enter and Backspace help with the indent.
  function helpWithIndent(area, event) {
    if (event.isComposing || area.selectionStart !== area.selectionEnd) return;
    const before = area.value.slice(0, area.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const deeper = line.trimEnd().endsWith(":") ? INDENT : "";
      type(area, `\n${/^ */.exec(line)[0]}${deeper}`);
    } else if (event.key === "Backspace" && /^( {4})+$/.test(line)) {
      event.preventDefault();
      area.setSelectionRange(before.length - INDENT.length, before.length);
      document.execCommand("delete") || area.setRangeText("");
    }
  }

  function start(box) {
    const name = box.dataset.name;
    const stub = box.querySelector(".vae-try-stub pre").textContent;
    const id = (part) => `try-${name}-${part}`;
    const area = element("textarea", {
      id: id("code"), className: "vae-try-code", spellcheck: false, wrap: "off",
      autocapitalize: "off", autocomplete: "off", value: kept.get(name) ?? stub,
    });
    const label = element("label", { htmlFor: area.id }, "Your code");
    const keys = element(
      "span", { id: id("keys"), className: "vae-try-keys" },
      "Ctrl+Enter checks. The first check loads a small Python.",
    );
    const check = element("button", { type: "button" }, "Check");
    const reset = element("button", { type: "button" }, "Reset");
    const said = element("p", { className: "vae-try-said" });
    said.setAttribute("role", "status");
    const printed = element("pre", { className: "vae-try-printed", hidden: true });
    area.setAttribute("aria-describedby", keys.id);
    printed.setAttribute("aria-label", "Printed output");
    printed.setAttribute("role", "group");
    printed.tabIndex = 0; // it may scroll

    const fit = () => (area.rows = Math.max(5, area.value.split("\n").length + 1));
    const tell = (verdict) => {
      said.dataset.right = verdict.right ?? "";
      said.textContent = verdict.said;
      printed.textContent = verdict.printed ?? "";
      printed.hidden = !verdict.printed;
    };
    let running = false;
    const run = async () => {
      if (running) return;
      running = true;
      check.setAttribute("aria-disabled", "true");
      tell({ said: "Python is running." });
      try {
        tell(await judge(name, area.value));
      } catch (error) {
        tell({ said: `Python could not run in this browser: ${error.message}.` });
      }
      running = false;
      check.removeAttribute("aria-disabled");
    };
    area.addEventListener("input", () => {
      kept.set(name, area.value === stub ? null : area.value);
      fit();
    });
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
      else helpWithIndent(area, event);
    });
    check.addEventListener("click", run);
    reset.addEventListener("click", () => {
      area.select();
      type(area, stub);
      tell({ said: "The code is as it was. Undo brings yours back." });
    });
    fit();
    const body = element(
      "div", { className: "vae-try-body" }, label, area,
      element("div", { className: "vae-try-buttons" }, check, reset, keys), said, printed,
    );
    box.querySelector(".vae-try-stub").replaceWith(body);
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", box.querySelector("strong").textContent);
  }

  document.querySelectorAll(".vae-try").forEach(start);
})();

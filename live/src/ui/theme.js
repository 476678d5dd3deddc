/** Colours: the theme's own, and the ten of the book's figures. */

/** The ten classes, as in vae_lib.plotting.style (Petroff 2021, arXiv:2107.02270). */
export const DIGIT_COLORS = [
  "#b9ac70",
  "#a96b59",
  "#ffa90e",
  "#94a4a2",
  "#717581",
  "#832db6",
  "#92dadd",
  "#3f90da",
  "#bd1f01",
  "#e76300",
];

/** Whether the page is dark now. */
export function isDark() {
  return document.documentElement.dataset.theme === "dark";
}

/**
 * The colours with which a canvas is painted now.
 * @returns {{text: string, muted: string, line: string, paper: string, accent: string,
 *   second: string, dark: boolean}}
 */
export function colors() {
  const style = getComputedStyle(document.documentElement);
  const theme = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const dark = isDark();
  return {
    text: theme("--pst-color-text-base", dark ? "#ced6dd" : "#222832"),
    muted: theme("--pst-color-text-muted", dark ? "#9ca4af" : "#48566b"),
    line: theme("--pst-color-border", dark ? "#48566b" : "#c9c9c9"),
    paper: theme("--pst-color-background", dark ? "#14181e" : "#ffffff"),
    accent: dark ? "#6db3f2" : "#1f6fb8",
    second: dark ? "#ff9a4d" : "#b84f00",
    dark,
  };
}

/** Call a function whenever the page turns light or dark. */
export function onTheme(listener) {
  new MutationObserver(listener).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
}

/** Whether the reader has asked for less motion. */
export function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// Reads {macros, formulas: [[kind, tex], ...]} and writes the MathML of each, as JSON.
//
// A displayed formula is cut where it may go on in a new line: before a relation, a sign
// and a wide space. Temml does the same for formulas in a line of text only. The pieces
// are rows side by side, which formulas.css lets wrap where a page is narrow.
import { readFileSync } from "node:fs";
import temml from "temml";

const RELATIONS = new Set("=<>≤≥≈∝∼≡→←↦⟹⟺⇒≠∈≪≫");
const SIGNS = new Set("+−±");

const operator = (node) => (node?.type === "mo" ? node.toText() : "");
const relates = (node) => RELATIONS.has(operator(node));
const space = (node) =>
  node?.type === "mspace" && parseFloat(node.attributes.width) >= 1;

/** The rows of a row; a sign after a relation or at the start belongs to its term. */
function pieces(row) {
  const found = [[]];
  row.children.forEach((node, i) => {
    const before = row.children[i - 1];
    const sign = SIGNS.has(operator(node)) && !relates(before) && !space(before);
    const starts = relates(node) || sign;
    if (before && starts && !node.attributes.lspace) node.setAttribute("form", "infix");
    if (before && (starts || space(node)) && found.at(-1).length) found.push([]);
    found.at(-1).push(node);
  });
  return found.map((children) => {
    const piece = Object.create(Object.getPrototypeOf(row));
    return Object.assign(piece, row, { children, attributes: {}, classes: [], style: {} });
  });
}

/** Cut the only row of a formula or of a cell. */
function cut(parent) {
  const [row, ...others] = parent.children;
  if (others.length || row?.type !== "mrow") return;
  if (Object.keys(row.attributes).length || row.classes.length) return;
  const table = row.children.find((node) => node.type === "mtable");
  if (!table) parent.children = pieces(row);
}

/** A brace under a term gets a class: formulas.css says why. */
function markBraces(node) {
  const [, below] = node.children ?? [];
  if (node.type === "munder" && operator(below) === "⏟") node.classes.push("underbrace");
  node.children?.forEach(markBraces);
}

function cutAll(node) {
  for (const child of node.children ?? []) {
    if (child.type === "mtable" || node.type === "math" || node.type === "mtable") {
      cutAll(child);
    } else if (child.type === "mtd") {
      cut(child);
    }
  }
  if (node.type === "math") cut(node);
}

const { macros, formulas } = JSON.parse(readFileSync(0, "utf8"));
const mathml = formulas.map(([kind, tex]) => {
  const displayMode = kind === "display";
  const options = { displayMode, macros: { ...macros }, wrap: "tex", throwOnError: true };
  try {
    const tree = temml.__renderToMathMLTree(tex, options);
    tree.children = tree.children.flatMap((node) => (node.type ? node : node.children));
    if (displayMode) cutAll(tree);
    markBraces(tree);
    return tree.toMarkup().replace(' style="display:block math;"', "");
  } catch (error) {
    throw new Error(`${tex}\n${error.message}`);
  }
});
process.stdout.write(JSON.stringify(mathml));

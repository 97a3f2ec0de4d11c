function text(tag, content, className = "") {
  const element = document.createElement(tag);
  element.textContent = content;
  element.className = className;
  return element;
}

function heading(name, scope) {
  const th = document.createElement("th");
  th.scope = scope;
  th.append(text("span", name));
  return th;
}

// For a finger, which is wider than a cell of ten classes on a phone.
function offer(selects, { names, chosen, of }, choose) {
  selects.forEach((select, i) => {
    if (select.options.length !== names.length + 1) {
      select.replaceChildren(...["–", ...names].map((name, row) => new Option(name, row - 1)));
    }
    names.forEach((name, row) => { select.options[row + 1].text = name; });
    if (chosen || select.dataset.of !== of) select.value = chosen?.[i] ?? -1; // half a choice stays
    select.dataset.of = of;
    select.onchange = () => {
      const [row, column] = selects.map(({ value }) => Number(value));
      if (row >= 0 && column >= 0) choose(row, column);
    };
  });
}

// Built once for a set of names; afterwards only the cells change, so that focus stays where it is.
function build(root, names) {
  root.replaceChildren();
  const [head, body] = [document.createElement("thead"), document.createElement("tbody")];
  head.className = names.length > 4 && names.some((name) => name.length > 4) ? "long" : "";
  const corner = text("td", "true ↓   predicted →", "corner");
  const top = document.createElement("tr");
  top.append(corner, ...names.map((name) => heading(name, "col")));
  head.append(top);
  for (const name of names) {
    const row = document.createElement("tr");
    row.append(heading(name, "row"), ...names.map(() => document.createElement("td")));
    body.append(row);
  }
  root.append(head, body);
  root.style.maxWidth = `${140 + 78 * names.length}px`;
  root.dataset.names = JSON.stringify(names);
}

function fill(td, cell, pressed, click) {
  const old = td.querySelector("button");
  td.style.background = cell.background;
  td.style.color = cell.color;
  if (!cell.count) return td.replaceChildren(text("span", "0", "none"));
  const button = old ?? document.createElement("button");
  button.replaceChildren(text("span", cell.count), text("small", cell.share));
  button.title = cell.sentence;
  button.setAttribute("aria-label", cell.sentence);
  button.setAttribute("aria-pressed", pressed);
  button.onclick = click;
  if (!old) td.replaceChildren(button);
}

export default function ({ data, parentElement, setStateValue }) {
  const table = parentElement.querySelector("table");
  if (table.dataset.names !== JSON.stringify(data.names)) build(table, data.names);
  const chosen = data.chosen ?? [-1, -1];
  const choose = (row, column) => setStateValue("chosen", { row, column, of: data.of });
  data.cells.forEach((cells, row) =>
    cells.forEach((cell, column) =>
      fill(table.tBodies[0].rows[row].cells[column + 1], cell, chosen[0] === row && chosen[1] === column, () => choose(row, column))));
  offer([...parentElement.querySelectorAll("select")], data, choose);
  table.setAttribute("aria-label", data.sentence);
  parentElement.querySelector("figcaption").textContent = data.sentence;
}

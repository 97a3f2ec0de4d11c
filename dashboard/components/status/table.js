// Text goes in as text only.
export default function ({ data, parentElement }) {
  const table = parentElement.querySelector("table");
  table.parentElement.classList.toggle("low", Boolean(data.share));
  table.parentElement.style.setProperty("--share", 100 * data.share);
  const fill = (part, rows, tag) => {
    while (part.rows.length > rows.length) part.deleteRow(-1);
    rows.forEach((row, i) => {
      const line = part.rows[i] ?? part.insertRow();
      while (line.children.length > row.length) line.lastChild.remove();
      while (line.children.length < row.length) line.append(document.createElement(tag));
      row.forEach((text, j) => {
        if (line.children[j].textContent !== text) line.children[j].textContent = text;
      });
    });
  };
  table.caption.textContent = data.caption;
  fill(table.tHead, [data.columns], "th");
  fill(table.tBodies[0], data.rows, "td");
}

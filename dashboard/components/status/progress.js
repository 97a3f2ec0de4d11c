export default function ({ data, parentElement }) {
  const bar = parentElement.querySelector("[role=progressbar]");
  parentElement.querySelector("p").textContent = data.text;
  bar.setAttribute("aria-valuenow", Math.round(100 * data.share));
  bar.firstElementChild.style.transform = `scaleX(${data.share})`;
}

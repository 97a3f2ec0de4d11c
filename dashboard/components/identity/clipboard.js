
// Browsers offer the clipboard to https and localhost only; a class opens http://HOST:8501. There the
// copy buttons of all pages copy the old way.
if (!navigator.clipboard) {
  const writeText = async (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position: fixed; opacity: 0";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    if (!copied) throw new Error("the browser has not copied");
  };
  Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
}

// Arrays, numbers and names of units, for the components that draw networks.
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);
const whole = (text) => new Int32Array(bytes(text).buffer);

// As `format_number` writes it with four significant digits: there, exact halves go to the even digit.
function digits(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const half = /^(-?\d\.\d\d[02468])50{16}(e.*)$/.exec(value.toExponential(20));
  const rounded = Number(half ? half[1] + half[2] : value.toPrecision(4)) || 0;
  const [mantissa, exponent] = rounded.toExponential().split("e");
  const plain = rounded === 0 || (exponent >= -4 && exponent < 4);
  return (plain ? String(rounded) : `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`).replaceAll("-", "−");
}

// A unit of a column; hidden ones have numbers only.
function named({ names, picture = true, shape }, id) {
  if (names) return names[id];
  return picture && shape ? `pixel (${Math.floor(id / shape[1]) + 1}, ${(id % shape[1]) + 1})` : `unit ${id + 1}`;
}


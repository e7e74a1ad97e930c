// What is hard to read on the page as it is shown now: words with their contrast, where that is below 4.5 to 1 (3 to 1
// for large ones). The body of a function; colours are read by painting them, whatever notation they have.
const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const known = new Map();
const rgba = (colour) => {
  if (!known.has(colour)) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    known.set(colour, [r, g, b, a / 255]);
  }
  return known.get(colour);
};
const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
const ground = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const colour = rgba(getComputedStyle(at).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
  }
  const sheet = rgba(matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#ffffff");
  return layers.reverse().reduce((below, layer) => over(layer, below), sheet);
};
const light = (colour) => {
  const [r, g, b] = colour.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
};
const faults = new Set();
const look = (element, words, style) => {
  const place = element.getBoundingClientRect();
  if (place.width < 2 || place.height < 2 || !element.checkVisibility({ visibilityProperty: true })) return;
  if (element.closest("[disabled], [aria-disabled=true], .unseen")) return;
  let opacity = 1;
  for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
  const below = ground(element);
  const ink = rgba(style.color);
  const found = contrast(over([ink[0], ink[1], ink[2], ink[3] * opacity], below), below);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (found < (large ? 3 : 4.5)) {
    faults.add(`${found.toFixed(2)} ${element.tagName.toLowerCase()}.${element.className.baseVal ?? element.className} ${words.trim().slice(0, 40)}`);
  }
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (texts.currentNode.data.trim() && !element.closest("script, option, textarea")) {
    look(element, texts.currentNode.data, getComputedStyle(element));
  }
}
for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  look(field, field.value, getComputedStyle(field));
  if (field.placeholder && !field.value) look(field, field.placeholder, getComputedStyle(field, "::placeholder"));
}
return [...faults].slice(0, 8);

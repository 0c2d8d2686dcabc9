// Text whose colour is too near to the one behind it: 4.5 to 1, or 3 to 1 for large text (WCAG 2.2, 1.4.3).
const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
const light = ([r, g, b]) => {
  const [x, y, z] = [r, g, b].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (element) => {
  for (let box = element; box; box = box.parentElement) {
    const colour = channels(getComputedStyle(box).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) {
      return colour;
    }
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
};
const found = new Set();
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const faded = (box) => box && (Number(getComputedStyle(box).opacity) < 1 || faded(box.parentElement));
  if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || faded(element)) {
    continue;
  }
  const style = getComputedStyle(element);
  const [a, b] = [light(channels(style.color)), light(behind(element))].sort((x, y) => y - x);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < (large ? 3 : 4.5)) {
    found.add(ratio.toFixed(2) + ": " + walker.currentNode.textContent.trim().slice(0, 60));
  }
}
return [...found];

// What begins or ends outside of the page, but for what lies in a box that scrolls by itself or is meant to be hidden.
const limit = document.documentElement.clientWidth;
const clipped = (element) => {
  for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
    if (getComputedStyle(box).overflowX !== "visible") {
      return true;
    }
  }
  return false;
};
const outside = [...document.body.querySelectorAll("*")].filter((element) => {
  const place = element.getBoundingClientRect();
  const visible = place.width > 1 && place.height > 1 && place.right > 0;
  return visible && (place.right > limit + 1 || place.left < -1) && !clipped(element);
});
const found = outside.map((element) => element.outerHTML.slice(0, 160));
if (document.documentElement.scrollWidth > limit) {
  found.push("the page scrolls sideways: " + document.documentElement.scrollWidth + " of " + limit);
}
return found;

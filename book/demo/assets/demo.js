// The steps of the live page as they happen, folding all of them, and Escape for an explanation that is in the way.
// Nothing else needs it.
"use strict";

const steps = document.getElementById("steps");

if (steps) {
  const empty = document.getElementById("empty");
  const news = document.getElementById("news");
  const fold = document.getElementById("fold");
  const bodies = () => [...steps.querySelectorAll("details.body")];
  let folded = matchMedia("(max-width: 40rem)").matches;

  // On a phone, twenty steps are read from their headings.
  const foldAll = () => {
    bodies().forEach((body) => (body.open = !folded));
    fold.textContent = folded ? "Unfold all steps" : "Fold all steps";
  };

  fold.hidden = false;
  fold.addEventListener("click", () => {
    folded = !folded;
    foldAll();
  });
  foldAll();

  const events = new EventSource("/live/events?after=" + encodeURIComponent(steps.dataset.after));

  events.addEventListener("begin", () => {
    steps.replaceChildren();
    empty.hidden = false;
    news.textContent = "A new login has begun.";
  });

  events.addEventListener("step", (event) => {
    empty.hidden = true;
    // What the server rendered: every value in it is escaped there, and the policy lets no script in.
    steps.insertAdjacentHTML("beforeend", event.data);
    const step = steps.lastElementChild;
    step.classList.add("new");
    const body = step.querySelector("details.body");
    if (folded && body) {
      // The latest step is the one that is looked at.
      bodies().forEach((other) => (other.open = other === body));
    }
    news.textContent = step.querySelector("h3, p")?.textContent ?? "";
  });

  // A page that is left must not hold one of the few connections.
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.body.classList.add("quiet-tips");
  }
});

for (const again of ["pointerover", "focusin"]) {
  document.addEventListener(again, (event) => {
    if (event.target.closest?.(".explained")) {
      document.body.classList.remove("quiet-tips");
    }
  });
}

"use strict";
// Copy buttons, the search form from the disk, and "/" as the way to it. Pages are whole without this file.
(() => {
  const say = (button, text) => {
    button.textContent = text;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  const copyByHand = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.closest("figure").querySelector("code").textContent;
    const byHand = () => say(button, copyByHand(text) ? "Copied" : "Select and copy");
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(text).then(() => say(button, "Copied"), byHand);
    } else byHand();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "search") { event.preventDefault(); return; }
    const field = event.target.querySelector("input[name=q]");
    if (!field) return;
    event.preventDefault();
    location.href = `${document.body.dataset.root}search.html?q=${encodeURIComponent(field.value)}`;
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    (document.getElementById("q") || document.getElementById("site-q")).focus();
  });
})();

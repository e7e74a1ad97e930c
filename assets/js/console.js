// Comfort only: every page works without this file. Nothing is written as markup.
"use strict";
(() => {
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

  // "/" goes to the search box.
  const search = (event) => {
    const box = document.querySelector("[data-search]");
    if (box && event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  };

  // Arrow keys go from link to link in lists, from row to row in tables; Enter follows, as it always does.
  const arrows = (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    const list = step && event.target.closest && event.target.closest("[data-keys]");
    const link = list && event.target.closest("a");
    if (!link) return;
    const links = list.tagName === "TABLE"
      ? Array.from(list.querySelectorAll("tbody .main a"))
      : Array.from(list.querySelectorAll("a"));
    const row = link.closest("tr");
    const at = links.findIndex((other) => other === link || (row && other.closest("tr") === row));
    const next = links[at + step];
    if (next) {
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
  };

  // Menus close by Escape and by a click beside them.
  const close = (event) => {
    for (const menu of document.querySelectorAll("details[data-closes][open]")) {
      if (event.type === "click" && menu.contains(event.target)) continue;
      menu.open = false;
      if (event.type === "keydown" && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    }
  };

  // One click copies a monospaced value, unless part of it is being selected.
  let toast = null;
  let timer = 0;
  const say = (words) => {
    if (!toast) {
      toast = document.createElement("p");
      toast.className = "toast";
      toast.setAttribute("role", "status");
      document.body.append(toast);
    }
    toast.textContent = words;
    clearTimeout(timer);
    timer = setTimeout(() => { toast.textContent = ""; }, 1500);
  };
  const copy = (event) => {
    const value = event.target.closest && event.target.closest(".copy");
    const selection = document.getSelection();
    if (!value || (selection && !selection.isCollapsed)) return;
    const done = () => say(document.body.dataset.copied || "");
    const select = () => selection && selection.selectAllChildren(value);
    if (navigator.clipboard) {
      navigator.clipboard.writeText(value.dataset.copy || value.textContent).then(done, select);
    } else {
      select();
    }
  };

  // The bar of actions appears once a row is checked, and says how many are.
  const bar = document.querySelector("form[data-actions]");
  const boxes = bar ? Array.from(document.querySelectorAll("input[type=checkbox][name=id]")) : [];
  const count = () => {
    const n = boxes.filter((box) => box.checked).length;
    const words = bar.querySelector("[data-checked]");
    words.textContent = words.dataset.checked.replace("0", String(n));
    bar.hidden = n === 0;
  };
  const check = (event) => {
    const link = event.target.closest && event.target.closest("[data-check]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    for (const box of boxes) box.checked = link.dataset.check === "page";
    count();
  };
  // A second box with Shift checks all between.
  let last = null;
  const range = (event) => {
    const at = boxes.indexOf(event.target);
    if (at < 0) return;
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(at, last), Math.max(at, last)];
      for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
    }
    last = at;
    count();
  };
  if (bar) {
    count();
    bar.addEventListener("click", check);
    document.addEventListener("click", range);
    window.addEventListener("pageshow", count);
  }

  // Files can be dropped onto a field for files; what is dropped beside it does not take the page away.
  const field = (event) => (event.target.closest ? event.target.closest("[data-drop]") : null);
  const carries = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
  const over = (event) => {
    if (!document.querySelector("[data-drop]") || !carries(event)) return;
    event.preventDefault();
    const here = field(event);
    for (const box of document.querySelectorAll("[data-drop]")) box.classList.toggle("over", box === here);
    event.dataTransfer.dropEffect = here ? "copy" : "none";
  };
  const drop = (event) => {
    if (!document.querySelector("[data-drop]") || !carries(event)) return;
    event.preventDefault();
    const here = field(event);
    for (const box of document.querySelectorAll("[data-drop]")) box.classList.remove("over");
    const input = here && here.querySelector("input[type=file]");
    if (input && (input.multiple || event.dataTransfer.files.length === 1)) input.files = event.dataTransfer.files;
  };
  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);

  // A list of sizes becomes a slider that says what each of them means.
  for (const select of document.querySelectorAll("[data-slider] select")) {
    const slider = document.createElement("input");
    const words = document.createElement("output");
    slider.type = "range";
    slider.min = "0";
    slider.max = String(select.options.length - 1);
    slider.id = select.id;
    slider.setAttribute("aria-describedby", select.getAttribute("aria-describedby") || "");
    const say = () => {
      select.selectedIndex = Number(slider.value);
      words.textContent = select.options[select.selectedIndex].text;
      slider.setAttribute("aria-valuetext", words.textContent);
    };
    slider.value = String(select.selectedIndex);
    select.removeAttribute("id");
    select.parentElement.hidden = true;
    select.parentElement.after(slider, words);
    slider.addEventListener("input", say);
    say();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(event);
    search(event);
    arrows(event);
  });
  document.addEventListener("click", (event) => {
    close(event);
    copy(event);
  });
})();

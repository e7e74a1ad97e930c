// Sends the file of a form in pieces while the rest of the form is filled in, and goes on by itself after a cut line.
// Several files are sent one after the other as if they were one; the form says which they are. Without this script the
// form brings the files.
"use strict";
(() => {
  const box = document.querySelector("[data-sending]");
  const form = box && box.closest("form");
  const input = box && box.querySelector("input[type=file]");
  if (!form || !input || !window.XMLHttpRequest) return;
  const PIECE = 8 * 1024 * 1024;
  const MIB = 1024 * 1024;
  const address = box.dataset.sending;
  const upload = box.querySelector("input[name=upload]");
  const parts = box.querySelector("input[name=parts]");
  const now = box.querySelector("[data-now]");
  const [bar, status, cancel] = ["progress", "[role=status]", "button"].map((what) => now.querySelector(what));
  const numbers = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
  let job = null; // the file that is on its way
  let waiting = null; // the button by which the form is to be sent
  let told = -1;

  const words = (key, values) =>
    box.querySelector(`[data-words=${key}]`).textContent.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));

  // What was chosen, as one file. Its time of last change stands for all that is known of each, so that what goes on is
  // the same; the order in which they were chosen does not matter.
  const chosen = () => {
    const files = [...input.files].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
    if (files.length < 2) return { file: files[0], parts: "" };
    let known = 0;
    for (const char of files.map((one) => `${one.name}/${one.size}/${one.lastModified}`).join("\n")) {
      known = (known * 31 + char.codePointAt(0)) % 2 ** 47;
    }
    const file = new Blob(files);
    file.name = words("several", { name: files[0].name, more: numbers.format(files.length - 1) });
    file.lastModified = known;
    return { file, parts: JSON.stringify(files.map(({ name, size }) => ({ name, size }))), count: files.length };
  };

  const say = (key, file, at) => {
    const all = Math.max(file.size, 1);
    const values = {
      name: file.name,
      percent: numbers.format(Math.floor((100 * (at || 0)) / all)),
      done: numbers.format(Math.ceil((at || 0) / MIB)),
      all: numbers.format(Math.ceil(file.size / MIB)),
    };
    status.textContent = words(key, values);
    now.classList.toggle("failed", ["full", "large", "too-many", "ended", "failed"].includes(key));
  };

  // Said for people who listen: not more often than each twentieth.
  const show = (mine, at) => {
    mine.at = at;
    const part = mine.file.size ? (100 * at) / mine.file.size : 100;
    bar.value = part;
    const step = Math.floor(part / 5);
    if (step === told) return;
    told = step;
    say(waiting ? "waiting" : "going", mine.file, at);
  };

  const token = () => form.querySelector("input[name=token]").value;

  const ask = (mine, method, path, body, kind, progress) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      mine.request = request;
      request.open(method, path);
      request.timeout = 300000;
      if (kind) request.setRequestHeader("Content-Type", kind);
      if (kind === "application/octet-stream") request.setRequestHeader("X-Form-Token", token());
      if (progress) request.upload.onprogress = (event) => progress(event.loaded);
      const end = () => {
        let answer = {};
        try {
          answer = JSON.parse(request.responseText);
        } catch (error) {
          answer = {};
        }
        resolve({ status: request.status, answer });
      };
      for (const kind of ["load", "error", "timeout", "abort"]) request.addEventListener(kind, end);
      request.send(body);
    });

  const begin = (mine) => {
    const { name, size, lastModified } = mine.file;
    const fields = new URLSearchParams({ token: token(), name, size, changed: Math.max(0, Math.floor(lastModified || 0)) });
    return ask(mine, "POST", address, fields.toString(), "application/x-www-form-urlencoded");
  };

  const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

  // What a status means for the script: go on, begin again, wait, or a word that ends it.
  const ends = { 400: "failed", 403: "ended", 401: "ended", 413: "large", 415: "failed", 500: "failed", 507: "full" };

  const run = async (mine) => {
    let [id, at, tries] = ["", 0, 0];
    while (job === mine) {
      const answered = id
        ? await ask(mine, "POST", `${address}/${id}?at=${at}`, mine.file.slice(at, at + PIECE), "application/octet-stream", (sent) => {
          if (job === mine) show(mine, Math.min(at + sent, mine.file.size));
        })
        : await begin(mine);
      if (job !== mine) {
        // Given up meanwhile: what has just begun goes as well.
        if (!id && answered.answer.upload) give(answered.answer.upload);
        return;
      }
      const { status: code, answer } = answered;
      if (code === 200) {
        [id, at, tries] = [answer.upload || id, answer.at, 0];
        mine.id = id;
        show(mine, at);
        if (at >= mine.file.size) return finish(mine);
      } else if (code === 409 && typeof answer.at === "number") {
        at = answer.at;
      } else if (code === 404) {
        // The server was started anew, or gave it up: it begins again.
        [id, at] = ["", 0];
        tries += 1;
        if (tries > 5) return fail(mine, "failed");
      } else if (ends[code]) {
        return fail(mine, ends[code]);
      } else {
        tries += 1;
        told = -1;
        say(code === 503 ? "busy" : "cut", mine.file, at);
        await pause(Math.min(30, 2 ** Math.min(tries, 5)));
        // What is there is asked anew.
        id = "";
      }
    }
  };

  const finish = (mine) => {
    job = null;
    upload.value = mine.id;
    parts.value = mine.parts;
    bar.value = 100;
    cancel.hidden = true;
    say("done", mine.file, mine.file.size);
    mine.whole = true;
    current = mine;
    if (waiting) {
      const button = waiting;
      waiting = null;
      form.requestSubmit(button.form ? button : undefined);
    }
  };

  const fail = (mine, key) => {
    job = null;
    waiting = null;
    cancel.hidden = true;
    input.value = "";
    say(key, mine.file, 0);
  };

  let current = null; // the last file that arrived
  const give = (id) => {
    const fields = new URLSearchParams({ token: token() });
    fetch(`${address}/${id}/cancel`, { method: "POST", body: fields, keepalive: true }).catch(() => {});
  };

  const stop = () => {
    const mine = job;
    job = null;
    if (mine) {
      if (mine.request) mine.request.abort();
      if (mine.id) give(mine.id);
    }
    return mine;
  };

  const start = () => {
    stop();
    if (current && current.whole && upload.value === current.id) give(current.id);
    current = null;
    waiting = null;
    upload.value = "";
    parts.value = "";
    told = -1;
    const { file, parts: described, count } = chosen();
    now.hidden = !file;
    if (!file) return;
    cancel.hidden = false;
    bar.value = 0;
    if (count > Number(box.dataset.files)) {
      fail({ file }, "too-many");
      return;
    }
    if (file.size > Number(box.dataset.most)) {
      fail({ file }, "large");
      return;
    }
    for (const note of box.querySelectorAll("[data-unfinished]")) note.remove();
    job = { file, parts: described, id: "", at: 0, request: null };
    run(job);
  };

  input.addEventListener("change", start);
  cancel.addEventListener("click", () => {
    const mine = stop();
    waiting = null;
    input.value = "";
    cancel.hidden = true;
    bar.value = 0;
    if (mine) say("cancelled", mine.file, 0);
    input.focus();
  });
  form.addEventListener("submit", (event) => {
    if (job) {
      event.preventDefault();
      waiting = event.submitter || form;
      say("waiting", job.file, job.at);
    } else if (upload.value) {
      // It is there already: the form does not bring it again.
      input.disabled = true;
      setTimeout(() => { input.disabled = false; }, 0);
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (job) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { input.disabled = false; });
  // Some browsers keep the chosen file when a page is opened again.
  if (input.files.length > 0 && !upload.value) start();
})();

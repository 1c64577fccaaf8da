// The live view: takes pieces of HTML that the server made, and puts them where they belong.
// Nothing that a model or a user wrote becomes HTML here: the server escaped it, and streamed text is set as text.
(() => {
  "use strict";

  const LONGEST_TEXT = 8000; // characters of one role's stream that stay on the page
  const AGAIN_MS = 1000;
  const PANELS_MS = 100; // between two paintings of the panels: quick enough for the eye

  // Once for any number of calls before the next frame; a page that nobody looks at has no frames.
  const oncePerFrame = (work) => {
    let asked = false;
    const now = () => {
      asked = false;
      work();
    };
    return () => {
      if (asked) return;
      asked = true;
      if (document.hidden) setTimeout(now, PANELS_MS);
      else requestAnimationFrame(now);
    };
  };

  // ------------------------------------------------------------------ theme

  const THEME = "makery-theme";
  const wanted = () => localStorage.getItem(THEME) || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const paint = () => document.body && document.body.classList.toggle("dark", wanted() === "dark");
  const otherTheme = () => {
    localStorage.setItem(THEME, wanted() === "dark" ? "light" : "dark");
    paint();
  };

  // ------------------------------------------------------------------- time

  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };

  const tick = () => {
    for (const place of document.querySelectorAll("[data-clock]")) {
      const begun = Number(place.dataset.begun);
      const used = Number(place.dataset.before) + (begun ? Date.now() / 1000 - begun : 0);
      const most = Number(place.dataset.most);
      const left = place.dataset.left.replace("{n}", clock(most - used));
      place.textContent = clock(used) + (most ? ` / ${clock(most)} ` : "");
      if (most) {
        const rest = document.createElement("span");
        rest.className = "mk-left";
        rest.textContent = left;
        place.append(rest);
      }
      const bar = place.parentElement.querySelector("progress");
      if (bar && most) bar.value = Math.min(used, most);
      pace(place, begun ? used : 0);
    }
  };

  // Which limit would be reached first, if the run went on as it did until now.
  const PACE_SECONDS = 20; // before that nothing can be said
  const pace = (time, elapsed) => {
    const panel = time.closest("[data-panel]");
    const place = panel && panel.querySelector("[data-pace]");
    if (!place) return;
    const most = Number(time.dataset.most);
    const ends = most ? [{ name: time.dataset.name, seconds: most - elapsed }] : [];
    for (const { dataset } of panel.querySelectorAll("[data-spent]")) {
      const used = Number(dataset.used);
      if (dataset.most && used) ends.push({ name: dataset.name, seconds: (Number(dataset.most) - used) * elapsed / used });
    }
    const first = ends.sort((one, other) => one.seconds - other.seconds)[0];
    place.hidden = !first || elapsed < PACE_SECONDS;
    if (!place.hidden) place.textContent = place.dataset.pace.replace("{limit}", first.name).replace("{n}", clock(first.seconds));
  };

  const stamp = (root) => {
    for (const place of root.querySelectorAll("time[data-date]:empty")) {
      place.textContent = new Date(Number(place.dataset.date) * 1000).toLocaleString();
    }
    for (const place of root.querySelectorAll("time[data-at]:empty")) {
      place.textContent = new Date(Number(place.dataset.at) * 1000).toLocaleTimeString();
    }
  };

  // ------------------------------------------------------------- the live view

  class Live {
    constructor(root) {
      this.root = root;
      this.last = 0;
      this.texts = new Map();
      this.asking = null;
      this.ended = null;
      this.following = true; // until the reader scrolls up
      this.lines = []; // that came and are not on the page yet
      this.panels = new Map();
      this.drawLines = oncePerFrame(() => this.putLines());
      const pool = root.querySelector("[data-pool]");
      pool.addEventListener("scroll", () => {
        this.following = pool.scrollHeight - pool.scrollTop - pool.clientHeight < 60;
      });
      root.querySelector("[data-stream]").addEventListener("change", () => this.connect());
      this.connect();
    }

    get streaming() {
      return this.root.querySelector("[data-stream]").checked;
    }

    connect() {
      this.close();
      const { run, locale, eyes } = this.root.dataset;
      const pool = this.root.querySelector("[data-pool]");
      pool.replaceChildren();
      this.lines = [];
      this.last = 0;
      this.root.querySelector("[data-texts]").hidden = !this.streaming;
      const source = new EventSource(`/gui/live/${encodeURIComponent(run)}?locale=${locale}&text=${this.streaming}&role=${encodeURIComponent(eyes)}`);
      this.source = source;
      source.addEventListener("open", () => this.tell(""));
      source.addEventListener("lines", (event) => this.addLines(JSON.parse(event.data), Number(event.lastEventId)));
      source.addEventListener("panel", (event) => this.setPanel(JSON.parse(event.data)));
      source.addEventListener("text", (event) => this.addText(JSON.parse(event.data)));
      source.addEventListener("over", () => this.close());
      source.addEventListener("error", () => this.broken(source));
    }

    close() {
      if (this.source) this.source.close();
      clearTimeout(this.timer);
    }

    async broken(source) {
      if (source !== this.source) return;
      this.tell(this.root.querySelector(".mk-lost").dataset.lost);
      if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
      const answer = await fetch("/api/v1/me").catch(() => null);
      if (answer && answer.status === 401) {
        this.tell(this.root.querySelector(".mk-lost").dataset.stranger);
      } else {
        this.timer = setTimeout(() => this.connect(), AGAIN_MS);
      }
    }

    tell(text) {
      const place = this.root.querySelector(".mk-lost");
      place.textContent = text;
      place.hidden = !text;
    }

    addLines({ html, from }, id) {
      if (from < this.last) return; // this was shown before the stream broke
      this.last = id || this.last;
      this.lines.push(html);
      this.drawLines();
    }

    // As many as a frame has room for: a long history comes in pieces.
    putLines() {
      const pool = this.root.querySelector("[data-pool]");
      const piece = document.createElement("template");
      let put = 0;
      while (this.lines.length && put < 100) {
        piece.innerHTML = this.lines.shift();
        stamp(piece.content);
        put += piece.content.childElementCount;
        pool.append(piece.content);
      }
      if (this.following) pool.scrollTop = pool.scrollHeight;
      if (this.lines.length) this.drawLines();
    }

    // Only how a panel looks last counts.
    setPanel({ name, html }) {
      if (!this.panels.size) setTimeout(() => this.putPanels(), PANELS_MS);
      this.panels.set(name, html);
    }

    putPanels() {
      const changed = [...this.panels];
      this.panels.clear();
      for (const [name, html] of changed) this.putPanel(name, html);
      tick();
    }

    putPanel(name, html) {
      const panel = this.root.querySelector(`[data-panel="${CSS.escape(name)}"]`);
      panel.innerHTML = html;
      const status = panel.querySelector(".mk-status");
      if (!status) return;
      const { asking, ended } = status.dataset;
      if (asking !== this.asking || ended !== this.ended) {
        this.asking = asking;
        this.ended = ended;
        const button = document.querySelector("#mk-refresh");
        if (button) (button.querySelector("button") || button).click();
      }
    }

    addText({ role, skill, text }) {
      if (!this.streaming) return;
      const name = `${role} · ${skill}`;
      if (!this.texts.has(name)) {
        const box = document.createElement("pre");
        const title = document.createElement("b");
        title.textContent = name;
        this.root.querySelector("[data-texts]").append(title, box);
        this.texts.set(name, box);
      }
      const box = this.texts.get(name);
      const whole = box.textContent + text;
      if (whole.length > LONGEST_TEXT) box.textContent = whole.slice(-LONGEST_TEXT / 2);
      else box.append(text);
      box.scrollTop = box.scrollHeight;
    }
  }

  const open = async (details) => {
    const place = details.querySelector(".mk-body");
    if (!details.open || !place || place.dataset.loaded) return;
    place.dataset.loaded = "1";
    const eyes = details.closest("[data-eyes]")?.dataset.eyes || "";
    const answer = await fetch(`${details.dataset.src}&role=${encodeURIComponent(eyes)}`).catch(() => null);
    if (answer && answer.ok) place.innerHTML = await answer.text();
    else delete place.dataset.loaded;
  };

  // ------------------------------------------------------------------ beginning

  const views = new WeakMap();
  const look = () => {
    stamp(document);
    for (const root of document.querySelectorAll(".mk-live")) {
      if (!views.has(root)) views.set(root, new Live(root));
    }
  };

  document.addEventListener("toggle", (event) => {
    if (event.target.matches && event.target.matches("details[data-src]")) open(event.target);
  }, true);
  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest("[data-theme]")) otherTheme();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const button = document.querySelector("#mk-start");
      if (button) (button.querySelector("button") || button).click();
    }
  });
  // ---------------------------------------------------------------- refusals

  const TOLD_MS = 12000;
  const tell = (html) => {
    const told = document.createElement("div");
    told.className = "mk-told";
    told.setAttribute("role", "alert");
    told.textContent = new DOMParser().parseFromString(html, "text/html").body.textContent;
    told.addEventListener("click", () => told.remove());
    setTimeout(() => told.remove(), TOLD_MS);
    document.body.append(told);
  };
  // Gradio shows the refusals of its queue only, which the pages do not use.
  const ask = window.fetch;
  window.fetch = async (...given) => {
    const answer = await ask(...given);
    if (answer.status >= 500 && /\/gradio_api\/run\/predict/.test(given[0].url || given[0])) {
      const said = await answer.clone().json().catch(() => ({}));
      tell(said.error || "Error");
    }
    return answer;
  };
  window.makery = { // for the buttons of the page
    again: () => document.querySelectorAll(".mk-live").forEach((root) => views.get(root)?.connect()),
  };
  const begin = () => {
    paint();
    look();
    new MutationObserver(oncePerFrame(look)).observe(document.body, { childList: true, subtree: true });
    new MutationObserver(paint).observe(document.body, { attributeFilter: ["class"] }); // Gradio sets it, too
    setInterval(tick, 1000);
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();

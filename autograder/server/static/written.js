// Marks one written question: keys, the form, saving. The server sends the board anew after everything it does.
"use strict";
(() => {
  const board = document.getElementById("board");
  const said = document.getElementById("said");
  const token = document.querySelector('meta[name="xsrf-token"]').content;
  const { api, here } = board.dataset;
  const max = Number(board.dataset.max);
  const NEW_TEXT = "handed in again: look at it"; // in place of a mark
  let goOn = true;
  let busy = false;
  let typed = { at: 0, text: "" };

  const one = (selector, root = board) => root.querySelector(selector);
  const all = (selector, root = board) => [...root.querySelectorAll(selector)];
  const form = () => one("#mark");
  const number = (value) => String(Math.round(value * 100) / 100);
  const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

  // ---- talking to the server ----

  async function ask(action, group, body) {
    const headers = { "X-XSRFToken": token }; // for reading, too: without it a hub takes the request for a stranger's
    const options = body === undefined ? { headers } : {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    };
    const query = group ? `?group=${encodeURIComponent(group)}` : "";
    const reply = await fetch(`${api}/${action}${query}`, { credentials: "same-origin", ...options });
    const data = await reply.json().catch(() => ({ error: `The server answered ${reply.status}; is it still running?` }));
    if (!reply.ok) throw new Error(data.error || `The server answered ${reply.status}.`);
    return data;
  }

  async function act(action, group, body) {
    if (busy) return null;
    busy = true;
    board.setAttribute("aria-busy", "true");
    try {
      const data = await ask(action, group, body);
      if (!data.clashes.length) show(data);
      return data;
    } catch (error) {
      complain(error instanceof TypeError ? "The server cannot be reached. Nothing was saved; try again." : error.message);
      return null;
    } finally {
      busy = false;
      board.removeAttribute("aria-busy");
    }
  }

  function show(data) {
    const model = one("#model")?.open;
    const prompt = one("#prompt")?.open;
    const place = one(".groups")?.scrollTop ?? 0;
    board.innerHTML = data.board; // made by the server's templates, which escape
    if (one("#model")) one("#model").open = Boolean(model);
    if (one("#prompt")) one("#prompt").open = Boolean(prompt);
    if (one(".groups")) one(".groups").scrollTop = place;
    one(".groups a[aria-current]")?.scrollIntoView({ block: "nearest" });
    window.scrollTo({ top: 0 });
    history.replaceState(null, "", data.group ? `${here}?group=${encodeURIComponent(data.group)}` : here);
    rest();
    ready();
  }

  function complain(text) {
    const place = form() && one(".wrong", form());
    if (place) place.textContent = text;
    else say(text);
  }
  function rest() { document.getElementById("content").focus({ preventScroll: true }); }
  function say(text) { said.textContent = text; }

  // ---- the form ----

  function ready() {
    if (!form()) return;
    one("#go-on").checked = goOn;
    refresh();
  }

  const ticked = () => all('[name="item"]').filter((box) => box.checked);
  const byHand = () => "byHand" in form().dataset;

  function refresh() {
    const items = ticked();
    const field = one('[name="score"]');
    if (items.length && !byHand()) {
      const sum = items.reduce((so_far, box) => so_far + Number(box.dataset.points), 0);
      field.value = number(Math.min(Math.max(sum, 0), max));
      delete field.dataset.exact;
    }
    for (const step of all("[data-score]")) {
      step.setAttribute("aria-pressed", String(field.value !== "" && Number(step.dataset.score) === Number(field.value)));
    }
    const sentences = items.map((box) => box.dataset.sentence).filter(Boolean).map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    });
    one(".sentences").replaceChildren(...sentences);
    const chosen = all(".chosen").filter((box) => box.checked).length;
    const whole = chosen === all(".chosen").length;
    const save = one("#save");
    save.disabled = chosen === 0;
    const who = whole && chosen > 1 ? `all ${chosen}` : many(chosen, "answer");
    save.textContent = field.value === "" ? `Save for ${who} ` : `Give ${number(Number(field.value))} to ${who} `;
    const key = document.createElement("kbd");
    key.textContent = "Enter";
    save.append(key);
    const every = one("#all");
    if (every) [every.checked, every.indeterminate] = [whole, chosen > 0 && !whole];
  }

  function setScore(value) {
    if (!form() || value < 0 || value > max) return;
    form().dataset.byHand = "";
    one('[name="score"]').value = number(value);
    one('[name="score"]').dataset.exact = value;
    refresh();
  }

  function toggle(box) {
    if (!box) return;
    delete form().dataset.byHand;
    if (!ticked().length) one('[name="score"]').value = "";
    delete one('[name="score"]').dataset.exact;
    refresh();
  }

  function wanted() {
    const { value, dataset } = one('[name="score"]');
    const score = value === "" ? value : dataset.exact ?? value; // as it was given: the field shows two decimals
    const items = ticked().map((box) => box.value);
    const note = one("#note").value;
    const mixed = "mixed" in form().dataset;
    const seen = {};
    for (const box of all(".chosen")) if (box.checked) seen[box.dataset.label] = box.dataset.seen;
    return {
      seen,
      score: score === "" || (items.length && !byHand()) ? null : Number(score),
      items,
      note: mixed && !note.trim() ? null : note, // null: each keeps its own, as the empty box says
    };
  }

  async function save(body) {
    const mark = body ?? wanted();
    if (mark.score === null && !mark.items.length && !(mark.note || "").trim()) {
      complain("Choose a score or a rubric item first.");
      return;
    }
    if (!one('[name="score"]').checkValidity()) {
      complain(`Give a score from 0 to ${number(max)}.`);
      return;
    }
    goOn = one("#go-on").checked;
    const current = one(".groups a[aria-current]").dataset.group;
    const next = goOn ? following() : current;
    const data = await act("save", next, mark);
    if (!data) return;
    if (data.clashes.length) clash(data, mark, (again) => save(again));
    else say(`Saved for ${many(data.saved, "answer")}. Press u to undo.`);
  }

  async function undo(leave_changed = false) {
    const current = one(".groups a[aria-current]")?.dataset.group;
    const data = await act("undo", current, { leave_changed });
    if (!data) return;
    if (data.clashes.length) clash(data, null, () => undo(true));
    else say(data.saved ? `Undone for ${many(data.saved, "answer")}.` : "There is nothing of yours to undo.");
  }

  // ---- moving ----

  function links() { return all(".groups a"); }
  function following() {
    const list = links();
    const place = list.findIndex((link) => link.hasAttribute("aria-current"));
    const after = [...list.slice(place + 1), ...list.slice(0, place)].find((link) => "open" in link.dataset);
    return (after ?? list[place]).dataset.group;
  }
  function go(step) {
    const list = links();
    const place = list.findIndex((link) => link.hasAttribute("aria-current"));
    const link = list[place + step];
    if (link) act("board", link.dataset.group);
  }

  // ---- somebody was first ----

  function clash(data, mine, again) {
    const dialog = document.getElementById("clash");
    const words = (given, score, comment) => `${given ? many(Number(number(score ?? 0)), "point") : "not marked"}${comment ? `: “${comment}”` : ""}`;
    const sentences = all(".sentences li").map((line) => line.textContent);
    const yours = mine === null ? "as it was before your save"
      : words(true, Number(one('[name="score"]').value || 0), [...sentences, one("#note").value].filter(Boolean).join(" "));
    const newTexts = data.clashes.filter((found) => found.new_text).length;
    const alike = new Map(); // a row for each mark that others gave, not for each of a hundred answers
    for (const found of data.clashes) {
      const when = found.when ? new Date(found.when).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
      const theirs = found.new_text ? NEW_TEXT
        : words(found.graded, found.score, found.comment) + (found.by ? ` (${found.by}, ${when})` : "");
      const label = found.name ? `${found.label} ${found.name}` : found.label;
      alike.set(theirs, [...(alike.get(theirs) ?? []), label]);
    }
    const rows = [...alike].map(([theirs, labels]) => {
      const row = document.createElement("tr");
      const who = labels.length > 4 ? `${labels.slice(0, 3).join(", ")} and ${labels.length - 3} more` : labels.join(", ");
      for (const text of [who, theirs, theirs === NEW_TEXT ? "not saved" : yours]) {
        const cell = document.createElement("td");
        cell.textContent = text;
        row.append(cell);
      }
      return row;
    });
    one("tbody", dialog).replaceChildren(...rows);
    const others = mine === null ? 0 : Object.keys(mine.seen).length - data.clashes.length;
    one(".about", dialog).textContent = `${many(data.clashes.length, "answer")} changed since this page showed ${data.clashes.length === 1 ? "it" : "them"}. Nothing was saved yet.`;
    const keepTheirs = others ? `Keep theirs, save mine for the other ${others}` : newTexts ? "Look at it" : "Keep theirs";
    one('[data-choice="keep"]', dialog).textContent = mine === null ? "Keep theirs, undo the others" : keepTheirs;
    one('[data-choice="overwrite"]', dialog).hidden = mine === null || newTexts === data.clashes.length;
    dialog.onclick = (event) => {
      const choice = event.target.dataset?.choice;
      if (!choice) return;
      dialog.close();
      if (choice === "cancel") return;
      if (mine === null) { again(); return; }
      const seen = { ...mine.seen };
      for (const found of data.clashes) {
        if (choice === "keep" || found.new_text) delete seen[found.label]; // the new board shows the new text
        else seen[found.label] = found.digest;
      }
      if (Object.keys(seen).length) again({ ...mine, seen });
      else act("board", data.group);
    };
    dialog.showModal();
  }

  // ---- rubric items ----

  function editItem(button) {
    const dialog = document.getElementById("item");
    const fields = one("form", dialog);
    const seen = button.dataset.id === undefined ? null
      : { id: button.dataset.id, name: button.dataset.name, points: Number(button.dataset.points), sentence: button.dataset.sentence };
    fields.elements.name.value = seen?.name ?? "";
    fields.elements.points.value = seen ? number(seen.points) : "1";
    fields.elements.sentence.value = seen?.sentence ?? "";
    one(".wrong", dialog).textContent = "";
    one('[value="delete"]', dialog).hidden = seen === null;
    const send = async (remove) => {
      const body = {
        seen, delete: remove, name: fields.elements.name.value, points: Number(fields.elements.points.value),
        sentence: fields.elements.sentence.value,
      };
      const kept = keep();
      try {
        const data = await ask("rubric", one(".groups a[aria-current]").dataset.group, body);
        dialog.close();
        show(data);
        restore(kept);
      } catch (error) {
        one(".wrong", dialog).textContent = error.message;
      }
    };
    fields.onsubmit = (event) => { event.preventDefault(); send(false); };
    one('[value="delete"]', dialog).onclick = () => send(true);
    dialog.showModal();
    fields.elements.name.focus();
  }

  // What was typed but not saved outlives a change of the rubric.
  function keep() {
    return {
      items: ticked().map((box) => box.value), score: one('[name="score"]').value, note: one("#note").value,
      byHand: byHand(), exact: one('[name="score"]').dataset.exact,
    };
  }
  function restore(kept) {
    for (const box of all('[name="item"]')) box.checked = kept.items.includes(box.value);
    one("#note").value = kept.note;
    one('[name="score"]').value = kept.score;
    if (kept.exact === undefined) delete one('[name="score"]').dataset.exact; else one('[name="score"]').dataset.exact = kept.exact;
    if (kept.byHand) form().dataset.byHand = ""; else delete form().dataset.byHand;
    refresh();
  }

  // ---- clicks and keys ----

  board.addEventListener("click", (event) => {
    const link = event.target.closest(".groups a");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      act("board", link.dataset.group);
      return;
    }
    if (event.detail > 0 && event.target.closest("summary, button")) rest(); // a mouse: Enter then saves, as before
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.score !== undefined) setScore(Number(button.dataset.score));
    else if (button.dataset.alone) {
      const alone = button.dataset.alone === "true";
      act("alone", alone ? button.dataset.label : "", { labels: [button.dataset.label], alone });
    } else if (button.matches(".edit, #add")) editItem(button);
    else if (button.id === "more") { one(".differences").classList.add("all"); button.remove(); }
    else if (button.id === "undo") undo();
    else if (button.id === "again") {
      act("again", one(".groups a[aria-current]").dataset.group, {}).then((data) => data && say(`Applied to ${many(data.saved, "answer")}. Press u to undo.`));
    } else if (button.id === "help") document.getElementById("keys").showModal();
    else if (button.id === "names") {
      const shown = button.getAttribute("aria-pressed") === "true";
      const path = new URL(document.querySelector('meta[name="base"]').content, location.href).pathname;
      document.cookie = `autograder-names=${shown ? 0 : 1}; path=${path}; SameSite=Strict`;
      act("board", one(".groups a[aria-current]")?.dataset.group ?? "");
    }
  });

  board.addEventListener("submit", (event) => { event.preventDefault(); save(); });

  board.addEventListener("input", (event) => {
    const field = event.target;
    if (field.name === "score") { delete field.dataset.exact; form().dataset.byHand = ""; refresh(); }
  });

  board.addEventListener("change", (event) => {
    const field = event.target;
    if (field.name === "item") toggle(field);
    else if (field.id === "all") { for (const box of all(".chosen")) box.checked = field.checked; refresh(); }
    else if (field.classList.contains("chosen")) refresh();
    else if (field.id === "go-on") goOn = field.checked;
  });

  for (const close of document.querySelectorAll("dialog [data-close]")) {
    close.addEventListener("click", () => close.closest("dialog").close());
  }

  function digit(key) {
    if (max < 10) { setScore(Number(key)); return; }
    const now = Date.now(); // two digits typed in a row are one number
    typed = { text: now - typed.at < 900 && Number(typed.text + key) <= max ? typed.text + key : key, at: now };
    setScore(Number(typed.text));
  }
  function half() {
    const value = Number(one('[name="score"]').value || 0);
    setScore(Number.isInteger(value) && value + 0.5 <= max ? value + 0.5 : Math.floor(value));
  }

  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const field = event.target;
    if (field.id === "note") {
      if (event.key === "Escape") rest();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || field.matches('input[type="number"], textarea')) return;
    if (event.key === "?") { document.getElementById("keys").showModal(); return; }
    if (!form()) return;
    const item = /^[a-z]$/.test(event.key) ? one(`[data-key="${event.key}"]`) : null;
    if (event.key === "Enter") {
      if (field.matches("button, a, summary")) return; // it does what it says
      event.preventDefault();
      save();
    } else if (/^[0-9]$/.test(event.key)) digit(event.key);
    else if (event.key === ".") half();
    else if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "n") act("board", following());
    else if (event.key === "u") undo();
    else if (event.key === "c") { event.preventDefault(); one("#note").focus({ preventScroll: true }); }
    else if (event.key === "m" && one("#model")) one("#model").open = !one("#model").open;
    else if (item) { item.checked = !item.checked; toggle(item); }
  });

  ready();
})();

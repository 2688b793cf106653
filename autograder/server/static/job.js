// Shows how far a job is, from the events that the server sends; the job itself needs no browser.
"use strict";
(() => {
  const panel = document.getElementById("job");
  if (!panel) return;
  const part = (name) => document.getElementById("job-" + name);
  const token = document.querySelector("meta[name=xsrf-token]").content;
  const hidden = "autograder-hidden-job";
  const REFRESH_MS = 3000; // the table's rows, while a job runs
  const [FIRST_MS, LONGEST_MS] = [2000, 30000]; // between two tries to connect
  let refreshed = Date.now();

  function time(seconds) {
    if (seconds < 1) return "a moment";
    if (seconds < 90) return `${Math.ceil(seconds)} s`;
    return `${Math.round(seconds / 60)} min`;
  }

  function text(job) {
    const failed = job.problems.filter((one) => one.failed).length;
    const words = [];
    if (job.end) words.push({ done: "Finished", failed: "Failed", cancelled: "Cancelled", interrupted: "Interrupted" }[job.end]);
    else if (job.cancelling) words.push("Cancelling");
    else if (job.starting) words.push("Starting up");
    else if (job.left !== null) words.push(`about ${time(job.left)} left`);
    if (job.kept) words.push(`${job.kept} unchanged and kept`);
    if (failed) words.push(`${failed} failed`);
    return words.join(" · ");
  }

  function row(one, retry) {
    const made = document.createElement("tr");
    const cell = (name, value) => made.appendChild(Object.assign(document.createElement(name), { textContent: value }));
    cell("th", one.student).scope = "row";
    const tag = Object.assign(document.createElement("span"), { textContent: one.status.replaceAll("_", " ") });
    tag.className = "tag " + (one.failed ? "bad" : "warn");
    cell("td", "").append(tag);
    cell("td", one.reason);
    const last = cell("td", "");
    last.className = "number";
    if (one.failed && retry) // only one job at a time is at work on an assignment
      last.append(Object.assign(document.createElement("button"), { name: "student", value: one.student, textContent: "Retry" }));
    return made;
  }

  function draw(job) {
    part("label").textContent = job.label;
    part("bar").value = job.done;
    part("count").textContent = `${job.done} of ${job.total}`;
    part("text").textContent = text(job);
    part("running").textContent = job.running.length ? "now " + job.running.join(", ") : "";
    part("reason").textContent = job.reason;
    part("reason").hidden = !job.reason;
    part("cancel").hidden = Boolean(job.end) || job.cancelling;
    part("hide").hidden = !job.end;
    part("problems").hidden = job.problems.length === 0;
    part("problems").querySelector("tbody").replaceChildren(...job.problems.map((one) => row(one, job.end)));
    part("retry").hidden = !job.end || !job.problems.some((one) => one.failed);
    panel.classList.toggle("ended", Boolean(job.end));
  }

  part("hide").addEventListener("click", () => {
    sessionStorage.setItem(hidden, panel.dataset.job);
    panel.hidden = true;
  });
  if (panel.dataset.end && sessionStorage.getItem(hidden) === panel.dataset.job) {
    panel.hidden = true;
    return;
  }

  function connect(wait) {
    const events = new EventSource(`${panel.dataset.events}?_xsrf=${encodeURIComponent(token)}`);
    events.onmessage = (message) => {
      wait = FIRST_MS;
      const job = JSON.parse(message.data);
      draw(job);
      if (job.end) events.close();
      if (panel.dataset.end) return; // it had ended before this page was drawn: the rows are as they should be
      if (job.end || Date.now() - refreshed > REFRESH_MS) {
        refreshed = Date.now();
        if (document.getElementById("rows")) document.dispatchEvent(new Event("autograder:refresh"));
        else if (job.end) location.assign(location.href); // numbers that only the server can count
      }
    };
    events.onerror = () => {
      if (events.readyState !== EventSource.CLOSED) {
        part("text").textContent = "Connecting again; the job goes on";
        return;
      }
      // A browser gives up for good where the answer is an error, as a hub's is while the server starts again.
      part("text").textContent = "No answer from the server: trying again; the job goes on. If this stays, load the page again";
      setTimeout(connect, wait, Math.min(2 * wait, LONGEST_MS));
    };
  }
  connect(FIRST_MS);
})();

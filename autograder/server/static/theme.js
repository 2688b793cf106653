// Follows JupyterLab's theme where the page stands in its frame; elsewhere the system's choice counts.
"use strict";
(() => {
  let lab;
  try {
    lab = window.parent !== window && window.parent.document.body;
  } catch {
    return; // another site's frame: nothing of it can be read
  }
  if (!lab) return;
  const follow = () => {
    const light = lab.dataset.jpThemeLight;
    if (light) document.documentElement.dataset.theme = light === "true" ? "light" : "dark";
  };
  document.documentElement.dataset.framed = "";
  new MutationObserver(follow).observe(lab, { attributeFilter: ["data-jp-theme-light"] });
  follow();
})();

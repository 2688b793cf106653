// Entries for the grading page in JupyterLab: launcher, menu and command palette open it in the main area.
//
// This file is what JupyterLab calls a prebuilt extension: a container with `init` and `get`, as a bundler would write
// it, small enough to be written by hand. JupyterLab's own modules come from the scope that it shares with extensions.
"use strict";
(() => {
  const NAME = "autograder-page";
  const OPEN = "autograder:open";
  const ICON =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect x="3" y="2" width="18" height="20" rx="3" fill="#2f6fb3"/>' +
    '<path d="M7 8h10M7 12h6" stroke="#fff" stroke-width="1.8" stroke-linecap="round"/>' +
    '<path d="m10.5 16.5 2.2 2 4.3-4.5" fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>';

  let scope;

  async function shared(module) {
    const versions = Object.values(scope[module] ?? {});
    const chosen = versions.find((one) => one.loaded) ?? versions[0];
    return chosen ? (await chosen.get())() : undefined;
  }

  async function plugin() {
    const names = ["application", "apputils", "launcher", "mainmenu", "services", "ui-components"];
    const modules = await Promise.all(names.map((name) => shared("@jupyterlab/" + name)));
    const [application, apputils, launcher, mainmenu, services, components] = modules;
    const { Widget } = await shared("@lumino/widgets");
    const tokens = [launcher?.ILauncher, mainmenu?.IMainMenu, apputils.ICommandPalette, application.ILayoutRestorer];
    return {
      id: NAME + ":plugin",
      description: "Opens the grading page.",
      autoStart: true,
      optional: tokens.filter(Boolean),
      activate: (app, ...found) => {
        const [tiles, menus, palette, restorer] = tokens.map((token) => (token ? found.shift() : null));
        const settings = app.serviceManager.serverSettings;
        const icon = new components.LabIcon({ name: NAME + ":icon", svgstr: ICON });
        const tracker = new apputils.WidgetTracker({ namespace: NAME });
        addCommand(app, tracker, icon, () => framed(Widget, settings.baseUrl + "autograder"));
        void restorer?.restore(tracker, { command: OPEN, name: () => NAME });
        // Entries come once the server has said that it has the page for this user: students never see them.
        void services.ServerConnection.makeRequest(settings.baseUrl + "autograder/api/status", {}, settings).then((reply) => {
          if (!reply.ok) return;
          tiles?.add({ command: OPEN, category: "Other", rank: 0.5 });
          palette?.addItem({ command: OPEN, category: "Course" });
          void app.restored.then(() => addToMenu(menus));
        });
      },
    };
  }

  function addCommand(app, tracker, icon, made) {
    app.commands.addCommand(OPEN, {
      label: "Grading",
      caption: "Grade the class, mark written answers, release feedback",
      icon,
      execute: () => {
        let widget = tracker.find(() => true);
        if (!widget) {
          widget = made();
          widget.title.icon = icon;
          void tracker.add(widget);
          app.shell.add(widget, "main");
        }
        app.shell.activateById(widget.id);
      },
    });
  }

  function addToMenu(menus) {
    if (!menus) return;
    const nbgrader = menus.menus?.find((menu) => /nbgrader/i.test(menu.title.label)); // beside the Formgrader
    if (nbgrader) nbgrader.addItem({ command: OPEN });
    else menus.viewMenu.addGroup([{ command: OPEN }], 50);
  }

  function framed(Widget, url) {
    const node = document.createElement("div");
    const frame = document.createElement("iframe");
    frame.src = url;
    frame.title = "Grading";
    frame.style.cssText = "border: 0; width: 100%; height: 100%; display: block";
    node.append(frame);
    const widget = new Widget({ node });
    widget.id = NAME;
    widget.title.label = "Grading";
    widget.title.closable = true;
    return widget;
  }

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB[NAME] = {
    init: (given) => {
      scope = given;
    },
    get: async (module) => {
      if (module !== "./extension") throw new Error(`${NAME} has no module ${module}`);
      const found = await plugin();
      return () => ({ __esModule: true, default: found });
    },
  };
})();

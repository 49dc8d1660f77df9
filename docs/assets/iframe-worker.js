/* A browser starts no worker for a page that was opened from disk. There the search runs in a hidden frame instead. */
"use strict";

class FrameWorker extends EventTarget {
  constructor(address) {
    super();
    this.waiting = [];
    this.frame = document.createElement("iframe");
    this.frame.hidden = true;
    this.frame.srcdoc = "<!doctype html><title>search</title>";
    this.frame.addEventListener("load", () => this.start(new URL(address, document.baseURI).href), { once: true });
    document.body.append(this.frame);
  }

  start(address) {
    const world = this.frame.contentWindow;
    const load = (one) =>
      new Promise((resolve, reject) => {
        const script = world.document.createElement("script");
        script.src = new URL(one, address).href;
        script.onload = resolve;
        script.onerror = () => reject(new Error(`${one} cannot be loaded`));
        world.document.head.append(script);
      });
    world.importScripts = (...all) => all.reduce((before, one) => before.then(() => load(one)), Promise.resolve());
    world.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
    load(address).then(
      () => {
        this.world = world;
        this.waiting.splice(0).forEach((data) => this.postMessage(data));
      },
      reportError,
    );
  }

  postMessage(data) {
    if (this.world) this.world.dispatchEvent(new MessageEvent("message", { data }));
    else this.waiting.push(data);
  }

  terminate() {
    this.frame.remove();
  }
}

if (location.protocol === "file:") window.Worker = FrameWorker;

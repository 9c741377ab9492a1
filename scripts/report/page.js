/**
 * What a report's page does with scripts on: charts come alive as they near the screen, frames take
 * the height of their content, diagrams that nobody drew yet are drawn, all code unfolds at once.
 *
 * Every part starts from a page that is complete without it.
 */

/**
 * Vega-Lite charts of one view can take the width of a narrow screen; compositions cannot, nor charts
 * whose axis has room for labels of a fixed size. Those keep their size and scroll.
 */
function canShrink(spec) {
  const { encoding = {}, description = "" } = spec;
  return !description.startsWith("Tornado") &&
    !["hconcat", "vconcat", "concat", "facet", "repeat"].some((key) => key in spec) &&
    !["row", "column", "facet"].some((key) => key in encoding);
}

/** Makes a chart as wide as the screen lets it, with its legend in lines and no tick over another. */
function fitWidth(spec, width) {
  spec.width = "container";
  spec.autosize = { type: "fit", contains: "padding" };
  const layers = [spec];
  while (layers.length > 0) {
    const { layer = [], encoding = {} } = layers.pop();
    layers.push(...layer);
    for (const { legend, axis, scale } of Object.values(encoding)) {
      // A letter takes about six pixels, a symbol and its gaps thirty.
      const room = (names) => 30 + 6 * Math.max(...names.map((name) => `${name}`.length));
      if (legend?.columns > 1 && scale?.domain) {
        const most = Math.max(1, Math.floor(width / room(scale.domain)));
        legend.columns = Math.min(legend.columns, most);
      }
      if (axis?.values) axis.labelOverlap = true;
    }
  }
}

async function drawChart(figure) {
  const spec = JSON.parse(figure.querySelector("script[data-chart]").textContent);
  const picture = figure.querySelector(".picture");
  const drawn = picture.querySelector("svg");
  if (canShrink(spec) && drawn && drawn.width.baseVal.value > figure.clientWidth) {
    fitWidth(spec, figure.clientWidth);
  }
  const live = document.createElement("div");
  live.className = "live";
  live.style.visibility = "hidden";
  live.style.position = "absolute";
  figure.append(live);
  try {
    const { view } = await globalThis.vegaEmbed(live, spec, {
      mode: "vega-lite",
      renderer: "svg",
      // The interpreter instead of generated code: the page's policy forbids `eval`.
      ast: true,
      actions: { export: true, source: false, compiled: false, editor: false },
      downloadFileName: figure.id,
    });
    view.container()?.setAttribute("aria-label", picture.getAttribute("aria-label"));
    picture.remove();
    live.removeAttribute("style");
    figure.dataset.drawn = "live";
  } catch (error) {
    live.remove();
    figure.dataset.drawn = "picture";
    figure.title = `This chart stays a picture: ${error.message}`;
  }
}

const charts = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    charts.unobserve(target);
    drawChart(target);
  }
}, { rootMargin: "600px" });
for (const script of document.querySelectorAll("script[data-chart]")) {
  charts.observe(script.parentElement);
}

const frames = document.querySelectorAll("iframe.foreign");
addEventListener("message", ({ source, data }) => {
  for (const frame of frames) {
    if (frame.contentWindow === source && data?.frameHeight > 0) {
      frame.style.height = `${Math.min(data.frameHeight + 2, 4000)}px`;
    }
  }
});
// A frame may have told its height before anybody listened.
for (const frame of frames) frame.contentWindow.postMessage("height", "*");

const undrawn = document.querySelectorAll("pre.mermaid");
if (undrawn.length > 0 && globalThis.mermaid) {
  globalThis.mermaid.initialize(JSON.parse(undrawn[0].dataset.settings));
  globalThis.mermaid.run({ nodes: undrawn, suppressErrors: true });
}

const toggle = document.querySelector("#toggle-code");
const code = document.querySelectorAll("details.code");
if (toggle && code.length > 0) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const open = ![...code].every((details) => details.open);
    for (const details of code) details.open = open;
    toggle.textContent = open ? "Fold all code" : "Show all code";
  });
}

const contents = document.querySelector("nav.contents details");
if (contents && matchMedia("(max-width: 70rem)").matches) contents.open = false;

const links = new Map(
  [...document.querySelectorAll("nav.contents a[href^='#']")].map((a) => [a.hash.slice(1), a]),
);
const headings = [...links.keys()].map((id) => document.getElementById(decodeURIComponent(id)));

/** Marks the section that is being read. */
function markCurrent() {
  const passed = headings.filter((heading) => heading?.getBoundingClientRect().top < 120);
  for (const link of links.values()) link.removeAttribute("aria-current");
  const id = passed.at(-1)?.id;
  links.get(encodeURIComponent(id))?.setAttribute("aria-current", "true");
  links.get(id)?.setAttribute("aria-current", "true");
}
if (headings.length > 0) {
  addEventListener("scroll", () => requestAnimationFrame(markCurrent), { passive: true });
}

// Each kind of panel is a function that draws it into its body.
const element = (name, attributes, parent) => {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  if (parent) parent.append(made);
  return made;
};
const last = (series) => {
  for (let i = series.points.length - 1; i >= 0; i--) if (series.points[i][1] !== null) return series.points[i][1];
  return null;
};
const long = board.to - board.from < 600;

// columns puts all series on one axis of time, as uPlot wants them.
function columns(series) {
  const times = [...new Set(series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  const at = new Map(times.map((t, i) => [t, i]));
  return [times, ...series.map((s) => {
    const values = new Array(times.length).fill(null);
    for (const [t, v] of s.points) values[at.get(t)] = v;
    return values;
  })];
}

// stack adds to each series what lies below it.
function stack([times, ...values]) {
  const below = new Array(times.length).fill(0);
  return [times, ...values.map((v) => v.map((x, i) => (below[i] += x || 0)))];
}

function timeseries(panel, body, box) {
  const paint = painter(panel);
  const series = [...panel.series].sort((a, b) => a.query - b.query || (a.name < b.name ? -1 : 1));
  let data = columns(series);
  let drawn = series.map((s, i) => ({ name: s.name, values: data[i + 1] }));
  if (panel.stacked) {
    data = stack(data);
    // The highest is drawn first, so that those below it stay to be seen.
    drawn = drawn.map((d, i) => ({ ...d, values: data[i + 1] })).reverse();
    data = [data[0], ...drawn.map((d) => d.values)];
  }
  const limits = panel.limit ? panel.thresholds.filter((s) => s.value !== null) : [];
  const highest = Math.max(0, ...data.slice(1).flat().filter((v) => v !== null), ...limits.map((l) => l.value * 1.05));
  const lowest = Math.min(0, ...data.slice(1).flat().filter((v) => v !== null));
  const legend = element("div", { className: "legend" }, box);
  for (const s of series) {
    const entry = element("span", {}, legend);
    element("i", {}, entry).style.background = paint(s.name);
    entry.append(s.name);
  }
  const bars = panel.style === "bars" && uPlot.paths.bars({ size: [0.8, 14], gap: 1 });
  new uPlot({
    width: body.clientWidth, height: body.clientHeight, legend: { show: false }, cursor: { show: false }, tzDate: (t) => uPlot.tzDate(new Date(t * 1e3), "Etc/UTC"),
    scales: {
      x: { time: true, range: () => [board.from, board.to] },
      y: panel.log ? { distr: 3, log: 10, range: () => [panel.min || 1e-3, panel.max ?? Math.max(highest * 2.5, 1)] }
        : { range: () => [panel.min ?? lowest, panel.max ?? (highest * 1.06 || 1)] },
    },
    axes: [
      { grid: { stroke: "#eef0f1", width: 1 }, ticks: { show: false }, stroke: "#6a737b", font: "11px sans-serif", size: 26, gap: 7, values: (u, at) => at.map((t) => clock(t, long)), space: 70 },
      { grid: { stroke: "#eef0f1", width: 1 }, ticks: { show: false }, stroke: "#6a737b", font: "11px sans-serif", size: 62, incrs: panel.log ? undefined : ticks[panel.unit], values: (u, at) => at.map((v) => v === null ? "" : written(v, panel.unit)), space: 28 },
    ],
    series: [{}, ...drawn.map((d) => ({
      stroke: paint(d.name), width: bars ? 0 : panel.stacked ? 1 : 1.5, points: { show: data[0].length < 3 },
      fill: panel.stacked ? paler(paint(d.name)) : undefined, ...(bars ? { paths: bars } : {}),
    }))],
    hooks: { draw: [(u) => limits.forEach((l) => line(u, l.value, color(l.color), written(l.value, panel.unit)))] },
  }, data, body);
}

function line(u, value, stroke, text) {
  const y = u.valToPos(value, "y", true);
  u.ctx.save();
  u.ctx.strokeStyle = stroke;
  u.ctx.lineWidth = 1.5;
  u.ctx.setLineDash([8, 5]);
  u.ctx.beginPath();
  u.ctx.moveTo(u.bbox.left, y);
  u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
  u.ctx.stroke();
  u.ctx.fillStyle = stroke;
  u.ctx.font = "11px sans-serif";
  u.ctx.textAlign = "right";
  u.ctx.fillText(text, u.bbox.left + u.bbox.width - 2, y > u.bbox.top + 16 ? y - 5 : y + 13);
  u.ctx.restore();
}

function stat(panel, body) {
  const place = element("div", { className: "stat" }, body);
  if (panel.shows === "name") {
    place.style.fontSize = panel.series.length > 2 ? "13px" : "16px";
    for (const s of panel.series) element("div", { textContent: s.name }, place).style.color = threshold(panel, last(s));
    return;
  }
  const value = last(panel.series[0]);
  if (panel.series[0].points.length > 2) {
    spark(panel, body, threshold(panel, value));
    place.style.bottom = "30%";
  }
  place.style.fontSize = Math.min(30, body.clientHeight * 0.6) + "px";
  element("div", { textContent: spoken(panel, value) }, place).style.color = threshold(panel, value);
}

function spark(panel, body, stroke) {
  const place = element("div", { className: "spark" }, body);
  new uPlot({
    width: body.clientWidth, height: Math.round(body.clientHeight * 0.45), legend: { show: false }, cursor: { show: false }, padding: [2, 0, 0, 0],
    scales: { x: { range: () => [board.from, board.to] }, y: { range: (u, low, high) => [Math.min(0, low), high || 1] } },
    axes: [{ show: false }, { show: false }], series: [{}, { stroke: stroke + "90", fill: stroke + "20", width: 1, points: { show: false } }],
  }, columns([panel.series[0]]), place);
}

function bargauge(panel, body) {
  const place = element("div", { className: "gauge" }, body);
  const all = panel.series.map((s) => [s.name, last(s)]).sort((a, b) => b[1] - a[1]);
  const most = panel.max ?? Math.max(...all.map((a) => a[1]));
  for (const [name, value] of all) {
    element("span", { textContent: name }, place);
    const bar = element("div", {}, element("div", {}, place));
    bar.style.width = 100 * value / (most || 1) + "%";
    bar.style.background = threshold(panel, value);
    element("b", { textContent: spoken(panel, value) }, place);
  }
}

function table(panel, body) {
  const hidden = new Set(["job", "__name__"]);
  const labels = panel.labels && panel.labels.length ? [...panel.labels] : [];
  for (const s of panel.series) for (const l of Object.keys(s.labels || {})) if (!labels.includes(l) && !hidden.has(l)) labels.push(l);
  const rows = new Map();
  for (const s of panel.series) {
    const key = labels.map((l) => (s.labels || {})[l] || "").join("\u0000");
    if (!rows.has(key)) rows.set(key, { labels: s.labels || {}, values: [] });
    rows.get(key).values[s.query] = last(s);
  }
  const by = panel.columns.findIndex((c) => c.title && c.title === panel.sortBy);
  const sorted = [...rows.values()].sort((a, b) => (b.values[by] ?? -1) - (a.values[by] ?? -1) || (b.values[0] ?? 0) - (a.values[0] ?? 0));
  const made = element("table", {}, body);
  const head = element("tr", {}, made);
  for (const l of labels) element("th", { textContent: l }, head);
  for (const c of panel.columns) element("th", { textContent: c.title || "value", className: "number" }, head);
  for (const row of sorted) {
    const line = element("tr", {}, made);
    for (const l of labels) element("td", { textContent: row.labels[l] || "" }, line);
    panel.columns.forEach((c, i) => element("td", { textContent: written(row.values[i], c.unit || panel.unit), className: "number" }, line));
  }
}

function heatmap(panel, body) {
  // Buckets of a classic histogram count all below them: what lies between two is the difference.
  const bound = (s) => s.labels.le === "+Inf" ? Infinity : +s.labels.le;
  const buckets = [...panel.series].sort((a, b) => bound(a) - bound(b));
  const [times, ...sums] = columns(buckets);
  const cells = sums.map((values, i) => values.map((v, j) => Math.max(0, (v || 0) - (i ? sums[i - 1][j] || 0 : 0))));
  const most = Math.max(...cells.flat()) || 1;
  const width = body.clientWidth, height = body.clientHeight - 18, left = 62;
  const canvas = element("canvas", { width, height }, body);
  const ctx = canvas.getContext("2d");
  const high = height / buckets.length, span = board.to - board.from;
  const wide = (width - left) / Math.max(1, times.length - 1) + 1;
  cells.forEach((row, i) => row.forEach((v, j) => {
    if (v <= 0) return;
    ctx.fillStyle = `rgba(31, 96, 196, ${0.12 + 0.88 * Math.sqrt(v / most)})`;
    ctx.fillRect(left + (width - left) * (times[j] - board.from) / span - wide / 2, height - (i + 1) * high, wide, high - 1);
  }));
  ctx.fillStyle = "#6a737b";
  ctx.font = "10px sans-serif";
  ctx.textAlign = "right";
  buckets.forEach((b, i) => { if (i % 2 === 0 || high > 13) ctx.fillText(b.labels.le === "+Inf" ? "more" : written(+b.labels.le, panel.unit), left - 6, height - i * high - high / 2 + 3); });
  axis(body, left);
}

function axis(body, left) {
  const place = element("div", { className: "axis" }, body);
  place.style.marginLeft = left + "px";
  for (let i = 0; i <= 4; i++) element("span", { textContent: clock(board.from + (board.to - board.from) * i / 4, long) }, place);
}

function timeline(panel, body) {
  const place = element("div", { className: "states" }, body);
  const span = board.to - board.from;
  for (const s of panel.series) {
    element("span", { textContent: s.name }, place);
    const track = element("div", { className: "track" }, place);
    const points = s.points.filter((p) => p[1] !== null);
    const step = points.length > 1 ? points[1][0] - points[0][0] : span;
    for (let i = 0; i < points.length;) {
      let j = i;
      while (j + 1 < points.length && points[j + 1][1] === points[i][1] && points[j + 1][0] - points[j][0] < 1.5 * step) j++;
      const word = panel.words && panel.words[String(points[i][1])];
      const part = element("div", {}, track);
      part.style.left = 100 * (points[i][0] - board.from) / span + "%";
      part.style.width = 100 * (points[j][0] - points[i][0] + step) / span + "%";
      part.style.background = word ? color(word.color) : threshold(panel, points[i][1]);
      if ((points[j][0] - points[i][0]) / span > 0.05) part.textContent = spoken(panel, points[i][1]);
      i = j + 1;
    }
  }
  element("span", {}, place);
  axis(place, 0);
}

const kinds = { timeseries, stat, bargauge, table, heatmap, "state-timeline": timeline };
document.querySelector("h1").textContent = board.title;
document.querySelector("header p").textContent = board.about;
element("time", { textContent: `${clock(board.from, long)} to ${clock(board.to, long)} UTC` }, document.querySelector("header"));
const main = document.querySelector("main");
const placed = (made, box) => {
  for (const [side, name] of [["left", "x"], ["top", "y"], ["width", "w"], ["height", "h"]]) made.style[side] = box[name] + "px";
  return made;
};
for (const row of board.rows || []) placed(element("div", { className: row.open ? "row open" : "row", textContent: row.title }, main), row.box);
for (const panel of board.panels || []) {
  const box = placed(element("section", { className: "panel" }, main), panel.box);
  element("h2", { textContent: panel.title }, box);
  const body = element("div", { className: "body" }, box);
  panel.series = (panel.series || []).filter((s) => last(s) !== null);
  if (!panel.series.length) {
    element("div", { className: panel.noValue ? "nothing" : "nothing bad", textContent: panel.noValue || "No data" }, body);
    continue;
  }
  try {
    kinds[panel.kind](panel, body, box);
    box.classList.add("drawn");
  } catch (fault) {
    body.replaceChildren(element("div", { className: "nothing bad", textContent: `cannot be drawn: ${fault.message}` }));
  }
}
// What is left is what was drawn.
document.querySelectorAll("script").forEach((s) => s.remove());

"use strict";
// Colours by Grafana's names, and those of series that have none of their own.
const named = {
  green: "#56a64b", "light-green": "#96d98d", "dark-green": "#37872d", red: "#e02f44", "light-red": "#ff7383", "dark-red": "#ad0317",
  orange: "#ff780a", "light-orange": "#ffb357", "dark-orange": "#e55400", yellow: "#f2cc0c", blue: "#3274d9", purple: "#a352cc",
};
const palette = ["#3274d9", "#56a64b", "#ff780a", "#a352cc", "#0aa2a8", "#c4162a", "#8ab8ff", "#b58900", "#e685b5", "#6b7a8f", "#2f6f3e", "#f2cc0c"];
const color = (name) => named[name] || name || palette[0];

// painter gives each name of a panel a colour, the same at each sight of it.
function painter(panel) {
  const names = [...new Set(panel.series.map((s) => s.name))].sort();
  return (name) => color(panel.colors && panel.colors[name]) && panel.colors && panel.colors[name]
    ? color(panel.colors[name]) : palette[names.indexOf(name) % palette.length];
}

// paler mixes a colour with white, so that areas that stand on one another keep theirs.
const paler = (hex) => "#" + [1, 3, 5].map((i) => Math.round(parseInt(hex.slice(i, i + 2), 16) * 0.72 + 255 * 0.28).toString(16).padStart(2, "0")).join("");

// threshold returns the colour of a value by the panel's steps.
function threshold(panel, value) {
  let found = "#24292e";
  for (const step of panel.thresholds || []) if (step.value === null || value >= step.value) found = color(step.color);
  return found;
}

function digits(value, decimals) {
  if (decimals !== null && decimals !== undefined) return value.toFixed(decimals);
  const size = Math.abs(value);
  const places = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(+value.toFixed(places));
}

function scaled(value, steps, decimals) {
  const size = Math.abs(value);
  let [least, name] = steps[0];
  for (const [at, unit] of steps) if (size >= at) [least, name] = [at, unit];
  return digits(value / least, decimals) + name;
}

const thousands = [[1, ""], [1e3, " K"], [1e6, " Mil"], [1e9, " Bil"]];
const binary = [[1, " B"], [1024, " KiB"], [1048576, " MiB"], [1073741824, " GiB"], [1099511627776, " TiB"]];
const decimal = [[1, " B/s"], [1e3, " kB/s"], [1e6, " MB/s"], [1e9, " GB/s"]];
const time = [[1e-6, " \u00b5s"], [1e-3, " ms"], [1, " s"], [60, " min"], [3600, " h"], [86400, " d"]];

// ticks are the distances between lines of a grid that read well in a unit.
const powers = (base, from, to) => Array.from({ length: to - from }, (_, i) => base ** (from + i));
const ticks = {
  bytes: powers(2, 0, 50),
  s: [...powers(10, -9, 0).flatMap((p) => [p, 2 * p, 5 * p]), 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, ...[1, 2, 5, 10, 20, 50, 100].map((d) => d * 86400)],
};

// written gives a value in its unit, as Grafana names units.
function written(value, unit, decimals) {
  if (value === null || value === undefined) return "";
  switch (unit) {
    case "s": return value === 0 ? "0 s" : scaled(value, time, decimals);
    case "bytes": return scaled(value, binary, decimals);
    case "Bps": return scaled(value, decimal, decimals);
    case "percentunit": return digits(value * 100, decimals) + " %";
    case "eps": return scaled(value, thousands, decimals) + "/s";
    case "reqps": return scaled(value, thousands, decimals) + " req/s";
    default: return scaled(value, thousands, decimals);
  }
}

// spoken is written, or the word that the panel has for the value.
function spoken(panel, value) {
  const word = panel.words && panel.words[String(Math.round(value))];
  return word ? word.text : written(value, panel.unit, panel.decimals);
}

const two = (n) => String(n).padStart(2, "0");
const clock = (at, long) => {
  const d = new Date(at * 1000);
  return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + (long ? ":" + two(d.getUTCSeconds()) : "");
};

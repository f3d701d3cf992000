// Charts from the JSON the page carries. Calm: no animation, the page's own colours, numbers in a table beside.
(() => {
  "use strict";
  const select = document.querySelector("select[data-submit]");
  if (select) {
    select.form.querySelector("button").hidden = true;
    select.addEventListener("change", () => select.form.submit());
  }
  const source = document.getElementById("cockpit-charts");
  if (!source || typeof echarts === "undefined") return;
  const charts = JSON.parse(source.textContent);
  const words = document.getElementById("cockpit-words").dataset;
  const style = getComputedStyle(document.body);
  const colour = (name) => style.getPropertyValue(name).trim();
  const [main, quiet, line, warm] = ["--tblr-primary", "--tblr-secondary", "--tblr-border-color", "--tblr-orange"].map(colour);
  const yuan = (value) => `${Number(value).toLocaleString()} ${words.yuan}`;
  const axis = { axisLabel: { color: quiet }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
  const frame = (more) => ({
    animation: false,
    textStyle: { fontFamily: style.fontFamily },
    grid: { left: 4, right: 12, top: 30, bottom: 4, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: more.plain ? undefined : yuan },
    ...more.option,
  });
  const columns = (labels, series) => frame({
    option: {
      legend: { top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 8, textStyle: { color: quiet } },
      xAxis: { type: "category", data: labels, ...axis },
      yAxis: { type: "value", axisLabel: { color: quiet }, splitNumber: 3, splitLine: { lineStyle: { color: line } } },
      series: series.map(([name, data, fill, opacity, stack]) => ({ name, data, stack, type: "bar", barMaxWidth: 16, itemStyle: { color: fill, opacity } })),
    },
  });
  const kinds = {
    flow: (d) => columns(d.labels, [[words.approved, d.approved, main, 0.45, "in"], [words.expected, d.expected, warm, 0.6, "in"], [words.paid, d.paid, main, 1]]),
    moves: (d) => columns(d.labels, [[words.confirmed, d.confirmed, quiet, 0.6], [words.approved, d.approved, main, 0.45], [words.paid, d.paid, main, 1]]),
    bars: (d) => frame({
      plain: true,
      option: {
        grid: { left: 4, right: 48, top: 8, bottom: 4, containLabel: true },
        xAxis: { type: "value", axisLabel: { color: quiet }, splitNumber: 3, splitLine: { lineStyle: { color: line } } },
        yAxis: { type: "category", inverse: true, data: d.labels, ...axis, axisLabel: { color: quiet, width: innerWidth < 576 ? 130 : 330, overflow: "truncate" } },
        series: [{
          type: "bar", data: d.values, barMaxWidth: 14, itemStyle: { color: main },
          label: { show: true, position: "right", color: quiet, formatter: ({ value }) => Number(value).toLocaleString(undefined, { maximumFractionDigits: 1 }) },
          markLine: d.target === null ? undefined : { symbol: "none", label: { formatter: words.target, color: quiet }, lineStyle: { color: warm, type: "dashed" }, data: [{ xAxis: d.target }] },
        }],
      },
    }),
  };
  const drawn = [];
  for (const place of document.querySelectorAll("[data-chart]")) {
    const chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(kinds[place.dataset.kind](charts[place.dataset.chart]));
    drawn.push(chart);
  }
  const fit = () => drawn.forEach((chart) => chart.resize());
  addEventListener("resize", fit);
  addEventListener("beforeprint", fit);
})();

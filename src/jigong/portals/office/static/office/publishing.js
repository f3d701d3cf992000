// Spending by month under both laws, from the JSON the page carries.
(() => {
  "use strict";
  const charts = JSON.parse(document.getElementById("law-charts").textContent);
  const words = document.getElementById("law-words").dataset;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const drawn = [];
  for (const place of document.querySelectorAll("[data-chart]")) {
    const data = charts[place.dataset.chart];
    const chart = echarts.init(place, null, { renderer: "svg" });
    const quiet = colour("--tblr-secondary");
    chart.setOption({
      animation: false,
      color: [quiet, colour("--tblr-primary")],
      grid: { left: 8, right: 8, top: 32, bottom: 8, containLabel: true },
      legend: { top: 0, left: 0, textStyle: { color: quiet }, itemWidth: 14, itemHeight: 8 },
      tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (v) => `${v.toLocaleString()} ${words.yuan}` },
      xAxis: { type: "category", data: data.months, axisLabel: { color: quiet }, axisTick: { show: false } },
      yAxis: { type: "value", axisLabel: { color: quiet }, splitLine: { lineStyle: { color: colour("--tblr-border-color") } } },
      series: [
        { name: words.before, type: "bar", data: data.before, barMaxWidth: 14 },
        { name: words.after, type: "bar", data: data.after, barMaxWidth: 14 },
      ],
    });
    drawn.push(chart);
  }
  addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
})();

// Funds month by month: what was approved and what was paid, fund by fund.
(() => {
  for (const select of document.querySelectorAll("[data-submits]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  const place = document.querySelector('[data-chart="months"]');
  const given = document.getElementById("months");
  if (!place || !given || !window.echarts) return;
  const data = JSON.parse(given.textContent);
  const style = getComputedStyle(document.body);
  const ink = style.getPropertyValue("--tblr-secondary-color").trim();
  const line = style.getPropertyValue("--tblr-border-color").trim();
  const colours = ["#0b6470", "#c98a2b", "#7a3594", "#3f8f5b", "#b3261e", "#1d5fa8"];
  const series = data.funds.flatMap((fund, index) => [
    { name: `${fund.name} · ${data.paid_label}`, type: "bar", stack: "paid", barMaxWidth: 56, data: fund.paid, color: colours[index % 6] },
    {
      name: `${fund.name} · ${data.reserved_label}`, type: "bar", stack: "reserved", barMaxWidth: 56, data: fund.reserved,
      color: colours[index % 6], itemStyle: { opacity: 0.45 },
    },
  ]);
  const chart = window.echarts.init(place);
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: style.fontFamily },
    tooltip: { trigger: "axis", valueFormatter: (value) => Number(value).toLocaleString() },
    legend: { type: "scroll", bottom: 0, textStyle: { color: ink } },
    grid: { left: 8, right: 8, top: 16, bottom: 40, containLabel: true },
    xAxis: { type: "category", data: data.months, axisLabel: { color: ink } },
    yAxis: { type: "value", axisLabel: { color: ink }, splitLine: { lineStyle: { color: line } } },
    series,
  });
  addEventListener("resize", () => chart.resize());
})();

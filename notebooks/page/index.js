(function () {
  "use strict";
  var form = document.getElementById("filters");
  var table = document.querySelector("table.hubs");
  if (!form || !table) { return; }
  var search = document.getElementById("search");
  var country = document.getElementById("country");
  var rows = Array.prototype.slice.call(table.tBodies[0].rows);
  function plain(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }
  var texts = rows.map(function (row) { return plain(row.textContent); });
  function show() {
    var wanted = plain(search.value.trim());
    var shown = 0;
    rows.forEach(function (row, i) {
      var fits = texts[i].indexOf(wanted) >= 0 && (!country.value || row.cells[1].textContent === country.value);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    document.getElementById("found").textContent = shown + " of " + rows.length;
  }
  search.addEventListener("input", show);
  country.addEventListener("change", show);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.hidden = false;
  show();
})();

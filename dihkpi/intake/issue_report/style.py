"""How the page of issues looks: on screens wide and narrow, and on paper."""

from __future__ import annotations

from dihkpi.intake.issue_report.findings import FILLS, SEVERITIES

STYLE = (
    """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Liberation Sans", sans-serif; color: #1c2730; background: #fff;
  max-width: 72em; margin: 2.5em auto; padding: 0 1.5em; }
h1 { font-size: 1.7em; line-height: 1.25; margin: 0 0 .3em; }
h2 { font-size: 1.2em; margin: 2.2em 0 .4em; }
p { margin: .25em 0; } .quiet, small, caption { color: #4a5761; } small { font-size: .82em; }
a { color: #0b5394; }
a:focus-visible, summary:focus-visible, .wide:focus-visible { outline: 3px solid #0b5394; outline-offset: 2px; }
.bar { display: flex; height: .7em; margin: 1em 0 .8em; border-radius: .35em; overflow: hidden;
  background: #5f9e6e; border: 1px solid #8a97a1; }
.bar span { background: #c8453a; order: 1; } .bar::before { content: ""; flex: 1; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-size: .88em; padding-bottom: .4em; }
th, td { text-align: left; vertical-align: top; padding: .5em .8em .5em 0; overflow-wrap: break-word; }
thead th { font-size: .85em; font-weight: 600; color: #4a5761; border-bottom: 2px solid #8a97a1;
  white-space: nowrap; vertical-align: bottom; }
td, tbody th { border-bottom: 1px solid #dbe1e5; } tbody th { font-weight: 400; }
.rules { table-layout: fixed; }
.rules > thead th { width: 5.2em; box-sizing: border-box; } .rules > thead th:first-child { width: 7.4em; }
.rules > thead th:nth-child(2) { width: auto; }
.rules small { display: block; }
.opens > * { border-bottom: 0; padding-bottom: 0; } .opened > td { padding: .15em 0 .6em 6.3em; }
.value { overflow-wrap: anywhere; min-width: 7em; }
.message, .hint { overflow-wrap: anywhere; min-width: 11em; }
.place { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.verdict { white-space: nowrap; }
.verdict span { display: inline-block; min-width: 5.2em; padding: .05em .5em; border-radius: .25em;
  text-align: center; font-size: .85em; font-weight: 600; border: 1px solid #8a97a1; }
.passed { background: #d5ead8; } .not-tested { background: #eceff1; }
summary { cursor: pointer; width: max-content; max-width: 100%; color: #0b5394; padding: .1em .3em; }
summary h2 { display: inline; margin: 0; color: #1c2730; } .held { margin-top: 2em; }
.opened table { margin: .4em 0; font-size: .88em; background: #f7f9fa; }
.opened caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.opened table th, .opened table td { padding-left: .7em; }
@media (max-width: 48em) {
  body { font-size: 14px; margin-top: 1.2em; padding: 0 .9em; }
  .rules { table-layout: auto; } .rules > thead th:first-child { width: 6.6em; } .wide { contain: inline-size; }
  .extra { display: none; } .opened > td { padding-left: 0; }
}
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 9pt; }
  .verdict span, .bar, .bar span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .wide { overflow: visible; } .save { display: none; } .opened > td { padding-left: 1em; }
  details tr { break-inside: avoid; } .opens { break-after: avoid; } thead { display: table-header-group; }
  details::details-content { content-visibility: visible; }
}
"""
    + "\n".join(f".{severity} {{ background: {FILLS[severity]}; }}" for severity in SEVERITIES)
    + "\n"
)

import { assertEquals, assertStringIncludes } from "@std/assert";
import { htmlOutput, isPlain, scriptsIn } from "../../../scripts/report/html_output.ts";

Deno.test("isPlain() accepts tables as libraries write them", () => {
  for (
    const markup of [
      "<table><caption>a</caption><tr><td>1 &lt; 2<br>x</td></tr></table>",
      '<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th></tr></thead></table>',
      "<TABLE><TR><TH scope=row colspan=2>a</TH></TR></TABLE>",
      "no markup",
    ]
  ) assertEquals(isPlain(markup), true, markup);
});

Deno.test("isPlain() refuses what could load, run or break the page", () => {
  for (
    const markup of [
      "<img src=x>",
      "<script>1</script>",
      "<td onclick=alert(1)>a</td>",
      '<td style="background: url(https://example.com)">a</td>',
      '<td style="position: fixed">a</td>',
      "<a href=https://example.com>a</a>",
      "<style>*{display:none}</style>",
      "</div><table></table>",
      "<table><tr><td>a",
      "<b><i>a</b></i>",
      "1 < 2",
      "<!-- comment -->",
      '<td title="a"onclick="b">c</td>',
    ]
  ) assertEquals(isPlain(markup), false, markup);
});

Deno.test("htmlOutput() puts foreign markup into a sandbox, quoted", () => {
  const frame = String(htmlOutput('<img src="https://example.com/a.png">'));
  assertStringIncludes(frame, 'sandbox="allow-scripts"');
  assertStringIncludes(frame, "&lt;img src=&quot;https://example.com/a.png&quot;&gt;");
  assertEquals(frame.includes("<img"), false);
});

Deno.test("scriptsIn() finds each inline script", () => {
  assertEquals(scriptsIn("<script>a</script><p></p><SCRIPT type=module>\nb\n</SCRIPT >"), [
    "a",
    "\nb\n",
  ]);
});

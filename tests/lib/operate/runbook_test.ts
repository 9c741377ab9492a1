import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { marked, type Tokens } from "marked";
import { runbook } from "lib/operate/runbook.ts";

const book = {
  title: "Revoke a faulty override",
  when: "A user is shown do not disturb and cannot undo it",
  impact: "One user; watchers see the wrong state",
  steps: [
    { action: "Look at the user", command: "curl $GATEWAY/presence?user_ids=$USER", expect: "dnd" },
    { action: "Revoke it", command: "cat <<'EOF'\n```\nEOF", expect: "status 200" },
    { action: "Look again", expect: "online or offline" },
  ],
  undo: "Post the override again.",
  escalate: "presence on call",
};

Deno.test("runbook() is Markdown with one list of all steps and their commands", () => {
  const tokens = marked.lexer(runbook(book));
  const lists = tokens.filter((token): token is Tokens.List => token.type === "list");
  assertEquals(lists.length, 1);
  const { items } = lists[0];
  assertEquals(items.length, 3);
  const isCode = (token: { type: string }): token is Tokens.Code => token.type === "code";
  const commands = items.map(({ tokens }) => tokens.find(isCode)?.text);
  assertEquals(commands, [book.steps[0].command, book.steps[1].command, undefined]);
  const headings = tokens.filter((token): token is Tokens.Heading => token.type === "heading");
  assertEquals(headings.map(({ text }) => text), [
    "Revoke a faulty override",
    "Steps",
    "Undo",
    "If it does not help",
  ]);
  assertStringIncludes(runbook(book), "- Expect: online or offline");
});

Deno.test("runbook() refuses to leave out what is needed at night", () => {
  assertThrows(
    () => runbook({ ...book, undo: " " }),
    TypeError,
    'Cannot write runbook "Revoke a faulty override": undo must not be empty',
  );
  assertThrows(() => runbook({ ...book, steps: [] }), TypeError, "at least one step");
});

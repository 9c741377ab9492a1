import { assertEquals } from "@std/assert";
import { checkNotebooks } from "../../../scripts/notebook/check.ts";
import { formatNotebook, newNotebook } from "../../../scripts/notebook/nbformat.ts";
import { describeProblem, type Problem } from "../../../scripts/notebook/problem.ts";

/** Checks notebooks, given by their cells or their text, and that nothing is left beside them. */
async function check(notebooks: Record<string, string[] | string>): Promise<Problem[]> {
  // Within the project, so that its settings and imports apply.
  const folder = await Deno.makeTempDir({ dir: import.meta.dirname });
  try {
    const paths: string[] = [];
    for (const [name, cells] of Object.entries(notebooks)) {
      const text = typeof cells === "string" ? cells : formatNotebook(newNotebook(cells));
      await Deno.writeTextFile(`${folder}/${name}`, text);
      paths.push(`${folder}/${name}`);
    }
    const problems = await checkNotebooks(paths);
    const left = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
    assertEquals(left, Object.keys(notebooks).sort(), "nothing is left");
    return problems.map((problem) => ({
      ...problem,
      path: problem.path.replace(`${folder}/`, ""),
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const places = (problems: Problem[]) =>
  problems.map(({ path, cell, line, code }) => [path, cell, line, code]);

Deno.test("checkNotebooks() finds nothing wrong with a sound notebook", async () => {
  const cells = [
    `import { assertEquals } from "@std/assert";\n\nconst beats: number = 3;`,
    `await Deno.jupyter.broadcast("display_data", {\n  beats,\n});\nassertEquals(beats, 3);`,
  ];
  assertEquals(await check({ "sound.ipynb": cells, "empty.ipynb": [] }), []);
});

Deno.test("checkNotebooks() leads problems of several notebooks back to cell and line", async () => {
  const problems = await check({
    "types.ipynb": [
      "const beats = 3;",
      `const limits: { soft: { s: number } } = {\n  soft: { s: "5" },\n};`,
      "limits.hard;\nlimits.soft.s + beats;",
    ],
    "imports.ipynb": [`import { nope } from "lib/std_assert.ts";\n\nnope();`],
    "style.ipynb": ["console.log(1);", "const unused = 1;"],
  });
  assertEquals(places(problems), [
    ["types.ipynb", 2, 2, "TS2322"],
    ["types.ipynb", 3, 1, "TS2339"],
    ["imports.ipynb", 1, 1, "TS2305"],
    ["style.ipynb", 1, 1, "no-console"],
    ["style.ipynb", 2, 1, "no-unused-vars"],
  ]);
  assertEquals(problems[0].sourceLine, `soft: { s: "5" },`);
  assertEquals(problems[0].message, "Type 'string' is not assignable to type 'number'. [TS2322]");
});

Deno.test("checkNotebooks() says in which cell a name was declared first", async () => {
  const problems = await check({
    "twice.ipynb": [
      `import { assert } from "@std/assert";\n\nconst a = 1;\nassert(a);`,
      "function f(): number {\n  return a;\n}\n\nf();",
      `import { assert } from "@std/assert";`,
      "const a = 2;",
      "function f(): number {\n  return 2;\n}",
    ],
  });
  const redeclared = problems.filter(({ code }) => code.startsWith("TS"));
  assertEquals(places(redeclared).map(([, cell, line]) => [cell, line]), [[3, 1], [4, 1], [5, 1]]);
  const rest = "a name is declared once in a notebook";
  assertEquals(redeclared.map(({ message }) => message), [
    `\`assert\` is declared already, in cell 1 line 1: ${rest} [TS2300]`,
    `\`a\` is declared already, in cell 1 line 3: ${rest} [TS2451]`,
    `\`f\` is declared already, in cell 2 line 1: ${rest} [TS2393]`,
  ]);
});

Deno.test("checkNotebooks() still checks the others when one cannot be read or parsed", async () => {
  const problems = await check({
    "cut.ipynb": formatNotebook(newNotebook(["1;"])).slice(0, 50),
    "broken.ipynb": ["const a = 1;", "a;\nconst b = (;"],
    "types.ipynb": [`const beats: number = "3";\nbeats;`],
  });
  assertEquals(places(problems), [
    ["cut.ipynb", undefined, undefined, "notebook"],
    ["broken.ipynb", 2, 2, "syntax"],
    ["types.ipynb", 1, 1, "TS2322"],
  ]);
  assertEquals(problems[1].message, "SyntaxError: Expression expected");
});

Deno.test("checkNotebooks() finds cells that are not formatted, by the project's settings", async () => {
  const long = `const beats = ["${"x".repeat(75)}"];`; // over 80, under 100
  const problems = await check({
    "format.ipynb": [`${long}\nbeats;`, "const a  = 1;", "f(\n  a);\n\nfunction f(_: number) {}"],
    "broken.ipynb": ["const b = (;", "beats  ();"],
  });
  assertEquals(places(problems).filter(([, , , code]) => code === "fmt"), [
    ["format.ipynb", 2, 1, "fmt"],
    ["format.ipynb", 3, 2, "fmt"],
    ["broken.ipynb", 2, 1, "fmt"],
  ]);
});

Deno.test("describeProblem() is one line, and the source below it", () => {
  const problem = { path: "a/01.ipynb", cell: 7, line: 3, code: "TS1", message: "no" };
  assertEquals(describeProblem(problem), "a/01.ipynb cell 7 line 3: no");
  const withSource = describeProblem({ ...problem, sourceLine: "let a;" });
  assertEquals(withSource, "a/01.ipynb cell 7 line 3: no\n    let a;");
  assertEquals(
    describeProblem({ path: "a.ts", line: 3, code: "", message: "no" }),
    "a.ts line 3: no",
  );
});

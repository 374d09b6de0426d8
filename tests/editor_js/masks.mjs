// stdin: JSON list of {height, width, values?, edit}; stdout: for each the mask as runs. For tests/test_editor_js.py.

import { readFileSync } from "node:fs";
import { runs } from "../../spg/editor/js/board.js";
import { brush, fill, lasso } from "../../spg/editor/js/raster.js";

const masks = JSON.parse(readFileSync(0, "utf8")).map(({ height, width, values, edit }) => {
  if (edit.do === "brush") return runs(brush(height, width, edit.points, edit.size));
  if (edit.do === "lasso") return runs(lasso(height, width, edit.points));
  return runs(fill(height, width, Uint8Array.from(values), edit.at));
});
process.stdout.write(JSON.stringify(masks));

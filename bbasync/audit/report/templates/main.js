"use strict";

// The parts, in the order in which a reader meets them.
theme.start();
table.start();
detail.start();
matrix.start();
paper.start();
performance.mark("usable");
document.documentElement.dataset.ready = "";

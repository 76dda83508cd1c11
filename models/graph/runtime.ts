// The one way to onnxruntime. Whoever makes the first session of a process decides what the runtime prints for good, so the level
// is set before anybody can: that a library for GPUs is missing is an answer here, told in a line of our own, and the runtime's
// own would look like a failure on every machine without one.
import '../library-environment.js';
import * as ort from 'onnxruntime-node';

ort.env.logLevel = 'fatal';

export { ort };

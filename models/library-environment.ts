// What native and foreign libraries find in the environment. Imported before any of them, for its effect alone, by every file of the
// main thread that starts them: threads see what their process had when they began.
import { homedir } from 'node:os';

// From version 1.29 onnxruntime tells its maker about every session, and keeps an id of the machine, unless it finds this when it is loaded.
// Nothing that is seen or done here is anybody else's business.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

// npm's libraries ask for a home as they are loaded, and a uid without an entry in passwd has none.
try {
  homedir();
} catch {
  process.env['HOME'] = '/dev/null';
}

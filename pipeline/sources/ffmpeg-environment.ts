// The environment that ffmpeg runs in.
/** Without this service's own settings, which hold keys, and without what makes ffmpeg write addresses to files. */
export function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(ONLOOKER_|FFREPORT$|AV_LOG_)/.test(name));
  return Object.fromEntries(entries);
}

// The few methods of a logger that the pipeline needs; a pino logger is one.

export interface PipelineLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const nothing = (): void => undefined;
export const SILENT_LOG: PipelineLog = { info: nothing, warn: nothing, error: nothing };

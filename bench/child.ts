// A benchmark's helper process and what it is asked: one question at a time, one answer each. It never outlives the
// process that started it.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string };

export class Child<Question, Answer> {
  readonly #process: ChildProcess;

  /** @param file the child's program, which calls `answerParent` */
  constructor(file: URL, args: readonly string[] = []) {
    this.#process = fork(file, args);
  }

  /** @throws Error what the child threw, or that it ended */
  async ask(question: Question): Promise<Answer> {
    const child = this.#process;
    const reply = await new Promise<Reply<Answer>>((resolve, reject) => {
      const onExit = (): void => reject(new Error('a process of the benchmark ended in the middle of it'));
      child.once('exit', onExit);
      child.once('message', (message) => {
        child.off('exit', onExit);
        resolve(message as Reply<Answer>);
      });
      child.send(question as object);
    });
    if ('failure' in reply) throw new Error(reply.failure);
    return reply.answer;
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.disconnect();
    await once(this.#process, 'exit');
  }
}

/** In the child: answers the parent until that lets go. @param close awaited then */
export function answerParent<Question, Answer>(
  answer: (question: Question) => Promise<Answer>,
  close: () => Promise<void> = () => Promise.resolve(),
): void {
  process.on('message', (question) => {
    answer(question as Question).then(
      (given) => process.send?.({ answer: given }),
      (error: unknown) => process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => void close().finally(() => process.exit(0)));
}

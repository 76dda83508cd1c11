// The option that all commands have which talk to a service: where it is.
import { InvalidArgumentError, Option } from 'commander';

export function urlOption(): Option {
  return new Option('-u, --url <url>', 'address of the service')
    .env('ONLOOKER_URL')
    .default('http://127.0.0.1:8080')
    .argParser((text) => {
      if (URL.canParse(text) && /^(https?|wss?):$/.test(new URL(text).protocol)) return text.replace(/\/$/, '');
      throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:8080.');
    });
}

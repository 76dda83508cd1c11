// The people of the console in a real browser against a real service: from the first drop to the last deletion.
import { mkdtemp, mkdir, readFile, rm, copyFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHttpClient, type HttpClient, type Person } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { asBody, plainJpeg } from '../server/support/images.js';
import { startService, type RunningService } from '../server/support/service.js';
import { hasChromium, openBrowser, openPage, type Opened } from './support/browser.js';

describe.skipIf(!hasChromium)('people in the console', () => {
  let service: RunningService;
  let http: HttpClient;
  let browser: Browser;

  beforeAll(async () => {
    service = await startService();
    http = createHttpClient(service.url);
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });
  beforeEach(async () => {
    for (const { id } of await everybody()) await http.people.remove(id);
  });

  async function everybody(): Promise<readonly Person[]> {
    return (await http.people.list({ limit: 500 })).people;
  }
  async function namesAndFaces(): Promise<readonly string[]> {
    return (await everybody()).map(({ name, faces }) => `${name} ${faces}`).sort();
  }
  async function enrolled(name: string, ...pictures: readonly string[]): Promise<Person> {
    const person = await http.people.create({ name });
    for (const picture of pictures) await http.faces.enrol(person.id, asBody(await readFile(await fixture(picture))));
    return person;
  }
  async function openPeople(address = '#/people'): Promise<Opened> {
    const opened = await openPage(browser);
    await opened.page.goto(`${service.url}/${address}`);
    return opened;
  }

  test('pictures that are dropped become people, and every refusal says why', async () => {
    const { page, context, complaints } = await openPeople();
    await page.getByRole('heading', { name: 'Nobody is enrolled yet' }).waitFor();
    await drop(page, [
      ['franck_1.jpg', await readFile(await fixture('franck_01829.jpg'))],
      ['audrey.jpg', await readFile(await fixture('audrey.jpg'))],
      ['a group.jpg', await readFile(await fixture('sample1.jpg'))],
      ['grey wall.jpg', await plainJpeg(640, 480)],
      ['not a picture.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ]);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Enrol 5 pictures' }).click();
    await dialog.getByText('2 pictures enrolled · 3 not').waitFor();
    await dialog.getByText('No face found.', { exact: false }).waitFor();
    await dialog.getByText(/\d+ faces found\. Crop/).waitFor();
    await dialog.getByText('Not a picture that can be read', { exact: false }).waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: /Audrey/ }).waitFor();
    await page.getByRole('link', { name: /Franck/ }).waitFor();
    // Nobody is created of whom there is no face.
    expect(await namesAndFaces()).toEqual(['Audrey 1', 'Franck 1']);
    expect(unexpected(complaints, 415, 422)).toEqual([]);
    await context.close();
  });

  test('two people of one name are told apart on their cards, and pictures go to neither by chance', async () => {
    await http.people.create({ name: 'Audrey', external_id: 'staff-1' });
    const { id } = await http.people.create({ name: 'Audrey' });
    const { page, context } = await openPeople();
    const second = `Audrey · …${id.slice(-6)}`;
    await page.getByRole('link', { name: 'Audrey · staff-1' }).waitFor();
    await page.getByRole('link', { name: second }).waitFor();
    await drop(page, [['audrey.jpg', await readFile(await fixture('audrey.jpg'))]]);
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Several people are called so').waitFor();
    const enrol = dialog.getByRole('button', { name: 'Enrol 1 picture' });
    expect(await enrol.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').or(dialog.getByRole('combobox')).fill(second);
    await dialog.getByText('Several people are called so').waitFor({ state: 'detached' });
    await enrol.click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await namesAndFaces()).toEqual(['Audrey 0', 'Audrey 1']);
    expect((await http.people.get(id)).faces).toBe(1);
    await context.close();
  });

  test('whatever the browser can read is enrolled, upright; what it cannot says what to do', async () => {
    const face = await readFile(await fixture('franck_01829.jpg'));
    const folder = await mkdtemp(join(tmpdir(), 'kinds-'));
    await sharp(face).png().toFile(join(folder, 'face.png'));
    execFileSync('ffmpeg', ['-v', 'error', '-i', join(folder, 'face.png'), join(folder, 'face.bmp')]);
    const { width = 0, height = 0 } = await sharp(face).metadata();
    // A photograph of 12 megapixels and more than 5 MiB that lies on its side, as phones store them.
    const scale = Math.sqrt(12_000_000 / (width * height));
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    const pixels = await sharp(face).resize(wide, high, { fit: 'fill' }).removeAlpha().raw().toBuffer();
    // As a sensor has it; without it JPEG would need far fewer bytes.
    for (let at = 0; at < pixels.length; at++)
      pixels[at] = Math.max(0, Math.min(255, (pixels[at] ?? 0) + ((at * 7919 + ((at * at) >>> 7)) % 31) - 15));
    const upright = sharp(pixels, { raw: { width: wide, height: high, channels: 3 } });
    const onItsSide = await upright.rotate(270).raw().toBuffer();
    const large = await sharp(onItsSide, { raw: { width: high, height: wide, channels: 3 } })
      .jpeg({ quality: 97 })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect(large.length).toBeGreaterThan(5 * 1024 * 1024);
    const { page, context, complaints } = await openPeople();
    await page.getByRole('heading', { name: 'Nobody is enrolled yet' }).waitFor();
    await drop(page, [
      ['franck 1.bmp', await readFile(join(folder, 'face.bmp'))],
      ['franck 2.avif', await sharp(face).avif({ quality: 80 }).toBuffer()],
      ['franck 3.gif', await sharp(face).gif().toBuffer()],
      ['franck 4.webp', await sharp(face).webp().toBuffer()],
      ['franck 5.jpg', large],
      ['franck 6.jfif', face.subarray(0, -2)],
      ['franck passport', Buffer.concat([Buffer.from('\r\n'), face, Buffer.alloc(3000)])],
      ['franck 8.heic', Buffer.from('\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafheictmap'.padEnd(400, '\0'), 'latin1')],
      ['franck 9.tif', await sharp(face).tiff().toBuffer()],
      ['franck 10.ico', await icon(face)],
    ]);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Enrol 10 pictures' }).waitFor();
    for (const input of await dialog.getByRole('textbox').all()) await input.fill('Franck');
    await dialog.getByRole('button', { name: 'Enrol 10 pictures' }).click();
    await dialog.getByRole('button', { name: 'Done' }).waitFor();
    expect(await dialog.innerText()).toContain('8 pictures enrolled · 2 not');
    await dialog.getByText('This browser cannot read HEIC pictures.', { exact: false }).waitFor();
    await dialog.getByText('This browser cannot read TIFF pictures.', { exact: false }).waitFor();
    expect(await namesAndFaces()).toEqual(['Franck 8']);
    expect(unexpected(complaints)).toEqual([]);
    await context.close();
    await rm(folder, { recursive: true });
  }, 120_000);

  test('files that are no pictures are told of, alone or among others', async () => {
    const { page, context } = await openPeople();
    await page.getByRole('heading', { name: 'Nobody is enrolled yet' }).waitFor();
    await drop(page, [['list.pdf', Buffer.from('%PDF-1.7')]]);
    await page.locator('.toast').getByText('1 file is not a picture').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await drop(page, [
      ['list.pdf', Buffer.from('%PDF-1.7')],
      ['franck.jpg', await readFile(await fixture('franck_01829.jpg'))],
    ]);
    await page.getByRole('dialog').getByText('1 file is not a picture').waitFor();
    await page.getByRole('button', { name: 'Enrol 1 picture' }).waitFor();
    await context.close();
  });

  test('the folder of a picture is the name of the person', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'people-'));
    await mkdir(join(folder, 'Franck Berger'));
    await copyFile(await fixture('franck_01829.jpg'), join(folder, 'Franck Berger', 'IMG_1.jpg'));
    await copyFile(await fixture('franck_02888.jpg'), join(folder, 'Franck Berger', 'IMG_2.jpg'));
    const { page, context } = await openPeople();
    await page.getByRole('button', { name: 'Add pictures' }).click();
    await page.locator('input[type=file]').nth(1).setInputFiles(folder);
    await page.getByRole('button', { name: 'Enrol 2 pictures' }).click();
    await page.getByText('2 pictures enrolled').waitFor();
    expect(await namesAndFaces()).toEqual(['Franck Berger 2']);
    await context.close();
    await rm(folder, { recursive: true });
  });

  test('a face of somebody else is refused by name, and can be given to them', async () => {
    await enrolled('Franck', 'franck_01829.jpg');
    const { page, context } = await openPeople();
    await drop(page, [['maria.jpg', await readFile(await fixture('franck_02221.jpg'))]]);
    await page.getByRole('button', { name: 'Enrol 1 picture' }).click();
    await page.getByText('This looks like Franck', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Add to Franck' }).click();
    await page.getByText('1 picture enrolled').waitFor();
    expect(await namesAndFaces()).toEqual(['Franck 2']);
    await context.close();
  });

  test('people are found whatever their accents, renamed and merged', async () => {
    const franck = await enrolled('Franck', 'franck_01829.jpg');
    await enrolled('Núria', 'audrey.jpg');
    const { page, context, complaints } = await openPeople();
    await page.getByLabel('Search by name').fill('nuria');
    await page.getByText('1 found').waitFor();
    expect(await page.getByRole('link', { name: /Franck/ }).count()).toBe(0);
    await page.getByLabel('Search by name').fill('nobody');
    await page.getByRole('heading', { name: 'Nobody is called “nobody”' }).waitFor();
    await page.getByLabel('Search by name').fill('');
    await page.getByRole('link', { name: /Franck/ }).click();

    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('François');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'François' }).waitFor();

    await page.getByRole('button', { name: 'Merge' }).click();
    const merge = page.getByRole('dialog').getByRole('button', { name: 'Merge' });
    // Nobody is merged by chance.
    expect(await merge.isDisabled()).toBe(true);
    await page.getByLabel('The other person').selectOption('Núria');
    await merge.click();
    await page.getByRole('heading', { name: '2 faces' }).waitFor();
    expect(await namesAndFaces()).toEqual(['François 2']);
    expect((await everybody())[0]?.id).toBe(franck.id);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('what was typed stays when marking it ends outside of the dialog, and a stray drop opens nothing', async () => {
    const { id } = await enrolled('Franck', 'franck_01829.jpg');
    const { page, context } = await openPeople(`#/people/${id}`);
    await page.getByRole('button', { name: 'Rename' }).click();
    const field = page.getByRole('textbox', { name: 'Name' });
    await field.waitFor();
    const box = await field.boundingBox();
    if (!box) throw new Error('no field');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(5, 5, { steps: 3 });
    await page.mouse.up();
    await field.fill('François');
    await page.mouse.click(5, 5);
    expect(await field.inputValue()).toBe('François');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Rename' }).click();
    // Before the dialog is open there is nothing to click beside.
    await field.waitFor();
    await page.mouse.click(5, 5);
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    // Nothing takes a file there: without being prevented, the browser would open it in place of the page.
    const isKept = await page.locator('.sidebar').evaluate((place) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'anna.jpg', { type: 'image/jpeg' }));
      const events = ['dragover', 'drop'].map((kind) => new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
      return events.map((event) => !place.dispatchEvent(event));
    });
    expect(isKept).toEqual([true, true]);
    await context.close();
  });

  test('a deletion can be undone, and is done when the page goes away', async () => {
    await enrolled('Franck', 'franck_01829.jpg');
    const { page, context, complaints } = await openPeople();
    const remove = async () => {
      await page.getByRole('link', { name: /Franck/ }).click();
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByText('Franck deleted').waitFor();
      expect(await page.getByRole('link', { name: /Franck/ }).count()).toBe(0);
    };
    await remove();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: /Franck/ }).waitFor();
    expect(await namesAndFaces()).toEqual(['Franck 1']);

    await remove();
    await page.goto('about:blank');
    await expect.poll(everybody).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('somebody who was deleted elsewhere is deleted, and renaming them says that they are gone', async () => {
    const [one, other] = [await enrolled('Franck', 'franck_01829.jpg'), await enrolled('Audrey', 'audrey.jpg')];
    const { page, context } = await openPeople(`#/people/${one.id}`);
    await page.getByRole('heading', { name: 'Franck' }).waitFor();
    for (const { id } of [one, other]) await http.people.remove(id);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.locator('.toast').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('link', { name: /Audrey/ }).click();
    // A refusal would have brought Franck back, with a message.
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Anna');
    await page.keyboard.press('Enter');
    await page.getByText('Audrey is not here any more', { exact: false }).waitFor();
    await page.getByRole('heading', { name: 'This person is not here any more' }).waitFor();
    expect(await page.locator('.toast').count()).toBe(1);
    await context.close();
  });

  test('a page that is opened while the faces cannot be had says so, and tries again', async () => {
    const { id } = await enrolled('Franck', 'franck_01829.jpg');
    const { page, context } = await openPeople();
    await page.getByRole('link', { name: /Franck/ }).waitFor();
    await page.route('**/faces?*', (route) => route.abort());
    await page.getByRole('link', { name: /Franck/ }).click();
    await page.getByRole('heading', { name: 'The service cannot be reached.' }).waitFor();
    await page.unroute('**/faces?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Delete this face (1 of 1)' }).waitFor();
    expect(page.url()).toContain(id);
    await context.close();
  });

  test('the way back from a person leads to where one was in the gallery', async () => {
    for (let number = 100; number < 260; number++) await http.people.create({ name: `Person ${number}` });
    const { page, context } = await openPeople();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('link', { name: /Person 255/ }).click();
    await page.getByRole('heading', { name: 'Person 255' }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: /Person 255/ }).waitFor();
    await page.waitForFunction(() => scrollY > 500);
    await context.close();
  });

  test('one face of several can be taken away', async () => {
    const { id } = await enrolled('Franck', 'franck_01829.jpg', 'franck_02888.jpg');
    const { page, context } = await openPeople(`#/people/${id}`);
    await page.getByRole('button', { name: 'Delete this face' }).first().click();
    await page.getByText('One face of Franck deleted').waitFor();
    // The message is closed before its time: the deletion is meant.
    await page.locator('.toast').getByRole('button', { name: 'Close' }).click();
    await expect.poll(namesAndFaces).toEqual(['Franck 1']);
    await page.getByRole('heading', { name: '1 face' }).waitFor();
    await context.close();
  });
});

test.skipIf(!hasChromium)('two people who look alike are told of, and can be made one', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'people-'));
  // One man under two names: that a face is somebody else's is not noticed by a service whose threshold is this high.
  const careless = await startService({ ONLOOKER_DATA_DIR: dataDir, ONLOOKER_MATCH_THRESHOLD: '0.99' });
  const there = createHttpClient(careless.url);
  for (const [name, picture] of [
    ['Franck', 'franck_01829.jpg'],
    ['Maria', 'franck_02888.jpg'],
  ] as const) {
    const { id } = await there.people.create({ name });
    await there.faces.enrol(id, asBody(await readFile(await fixture(picture))));
  }
  await careless.stop();
  const service = await startService({ ONLOOKER_DATA_DIR: dataDir });
  const browser = await openBrowser();
  const { page, complaints } = await openPage(browser);
  await page.goto(`${service.url}/#/people`);
  await page.getByText(/(Franck and Maria|Maria and Franck) look very much alike/).waitFor();
  expect(await page.getByText('Look-alike', { exact: true }).count()).toBe(2);
  await page.getByRole('button', { name: /are two people/ }).click();
  await page.getByText('look very much alike').waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('link', { name: /Maria/ }).waitFor();
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await page.getByRole('button', { name: 'Same person' }).click();
  await page.getByRole('radio', { name: 'Franck' }).check();
  await page.getByRole('button', { name: 'Merge' }).click();
  await page.getByRole('heading', { name: 'Franck', level: 1 }).waitFor();
  await page.getByRole('heading', { name: '2 faces' }).waitFor();
  expect(await page.getByText('look very much alike').count()).toBe(0);
  expect(complaints).toEqual([]);
  await browser.close();
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** A picture in a kind of file that nothing here knows, and browsers do. */
async function icon(picture: Buffer): Promise<Buffer> {
  const png = await sharp(picture).resize(256, 256, { fit: 'cover' }).png().toBuffer();
  const header = Buffer.alloc(22);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(1, 4);
  header.writeUInt16LE(1, 10);
  header.writeUInt16LE(32, 12);
  header.writeUInt32LE(png.length, 14);
  header.writeUInt32LE(header.length, 18);
  return Buffer.concat([header, png]);
}

/** As a drag from the desktop ends. */
async function drop(page: Page, files: readonly (readonly [name: string, bytes: Buffer])[]): Promise<void> {
  const encoded = files.map(([name, bytes]) => ({ name, base64: bytes.toString('base64') }));
  const transfer = await page.evaluateHandle((all) => {
    const made = new DataTransfer();
    // Of HEIC, AVIF and files without a suffix most systems tell no type; of the others it may be wrong.
    const types: Readonly<Record<string, string>> = { png: 'image/png', pdf: 'application/pdf', eic: '', vif: '', ort: '' };
    for (const { name, base64 } of all) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      made.items.add(new File([bytes], name, { type: types[name.slice(-3)] ?? 'image/jpeg' }));
    }
    return made;
  }, encoded);
  await page.locator('.people-drop').first().dispatchEvent('drop', { dataTransfer: transfer });
}

/** A browser tells of every answer that is no success; those that a test provokes are none of the page's faults. */
function unexpected(complaints: readonly string[], ...statuses: readonly number[]): readonly string[] {
  return complaints.filter((complaint) => !statuses.some((status) => complaint.includes(`status of ${status}`)));
}

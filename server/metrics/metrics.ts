// What the service counts and measures, for Prometheus. Labels take few and known values alone: never a stream,
// a person, a path or an address.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Cameras } from '../../pipeline/cameras/cameras.js';
import type { EventLog } from '../../pipeline/events/event-log.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { PipelineObserver, StageName } from '../../pipeline/pipeline-options.js';
import type { Gallery } from '../../pipeline/tasks/faces/gallery/gallery.js';
import { STREAM_CHANGES, STREAM_STATES } from '../../protocol/streams.js';
import { REFUSALS, type Refusal } from '../access/refusal.js';
import { VERSION } from '../version.js';
import { addEventLoopDelay } from './event-loop-delay.js';

const OUTCOMES = ['ok', 'dropped', 'error'] as const;
const STAGES: readonly StageName[] = ['decode', 'preprocess', 'queue', 'infer', 'match', 'total'];
const CARRIED_HOW = ['glance', 'unseen'] as const;
const DROP_REASONS = ['superseded', 'deadline', 'draining'] as const;
const STAGE_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const HTTP_BUCKETS_S = [0.005, 0.025, 0.1, 0.5, 2.5, 10];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64];

/** What the gauges are read from whenever somebody asks; null while it is not there. */
export interface Measured {
  readonly pipeline: Pipeline | null;
  readonly gallery: Gallery | null;
  /** What keeps the service from taking frames. */
  readonly missing: readonly string[];
  readonly creditsPerStream: number;
  readonly cameras: Cameras | null;
  readonly events: EventLog | null;
  /** That it is served with. */
  readonly certificate: { readonly notAfterMs: number; readonly source: string } | null;
}

export class Metrics implements PipelineObserver {
  readonly registry = new Registry();
  readonly #frames = new Counter({
    name: 'onlooker_frames_total',
    help: 'Frames answered, by outcome. Received = ok + dropped + error + those in hand.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #received = new Counter({
    name: 'onlooker_frames_received_total',
    help: 'Frames taken in from streams.',
    registers: [this.registry],
  });
  readonly #receivedBytes = new Counter({
    name: 'onlooker_frame_bytes_total',
    help: 'Bytes of the images of the frames taken in.',
    registers: [this.registry],
  });
  readonly #dropped = new Counter({
    name: 'onlooker_frames_dropped_total',
    help: 'Frames answered as dropped, by reason.',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly #errors = new Counter({
    name: 'onlooker_frame_errors_total',
    help: 'Frames answered with an error, by its code.',
    labelNames: ['code'],
    registers: [this.registry],
  });
  readonly #carried = new Counter({
    name: 'onlooker_frames_carried_total',
    help: 'Frames answered `ok` whose faces were carried on from the frame before, after a glance at it or unseen for want of time.',
    labelNames: ['how'],
    registers: [this.registry],
  });
  readonly #refused = new Counter({
    name: 'onlooker_messages_refused_total',
    help: 'WebSocket messages answered with an `error` message, by its code; they count as no frame.',
    labelNames: ['code'],
    registers: [this.registry],
  });
  readonly #stages = new Histogram({
    name: 'onlooker_stage_seconds',
    help: 'Time of an answered frame or image in each stage, and in total.',
    labelNames: ['stage'],
    buckets: STAGE_BUCKETS_S,
    registers: [this.registry],
  });
  readonly #batches = new Histogram({
    name: 'onlooker_batch_size',
    help: 'Items in one run of a model.',
    labelNames: ['model'],
    buckets: BATCH_BUCKETS,
    registers: [this.registry],
  });
  readonly #inference = new Counter({
    name: 'onlooker_inference_seconds_total',
    help: 'Time of inference threads that the runs of a model took.',
    labelNames: ['model'],
    registers: [this.registry],
  });
  readonly #decisions = new Counter({
    name: 'onlooker_class_decisions_total',
    help: 'Frames and images that were classified, by model and by whether its best class was accepted (`accepted`) or none was.',
    labelNames: ['model', 'outcome'],
    registers: [this.registry],
  });
  readonly #connections = new Gauge({
    name: 'onlooker_connections',
    help: 'WebSocket connections that are open.',
    registers: [this.registry],
  });
  readonly #connectionsOpened = new Counter({
    name: 'onlooker_connections_opened_total',
    help: 'WebSocket connections that were opened.',
    registers: [this.registry],
  });
  readonly #slowReaders = new Counter({
    name: 'onlooker_slow_readers_total',
    help: 'Connections closed because their client did not read its results.',
    registers: [this.registry],
  });
  readonly #turnedAway = new Counter({
    name: 'onlooker_turned_away_total',
    help: 'Requests and connections that were not let in, by reason.',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly #http = new Histogram({
    name: 'onlooker_http_request_seconds',
    help: 'HTTP requests answered, by route template, method and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: HTTP_BUCKETS_S,
    registers: [this.registry],
  });
  readonly #certificateReloads = new Counter({
    name: 'onlooker_tls_certificate_reloads_total',
    help: 'Certificates that were read again: served from then on (`ok`), or not fit to be (`refused`).',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #byOutcome = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, this.#frames.labels(outcome)]));
  readonly #byStage = new Map(STAGES.map((stage) => [stage, this.#stages.labels(stage)]));

  /** @param measured looked up at each scrape */
  constructor(measured: () => Measured) {
    // Present from the start, so that a rate over them is never undefined.
    for (const outcome of OUTCOMES) this.#frames.inc({ outcome }, 0);
    for (const reason of DROP_REASONS) this.#dropped.inc({ reason }, 0);
    for (const outcome of ['ok', 'refused']) this.#certificateReloads.inc({ outcome }, 0);
    for (const how of CARRIED_HOW) this.#carried.inc({ how }, 0);
    for (const reason of REFUSALS) this.#turnedAway.inc({ reason }, 0);
    collectDefaultMetrics({ register: this.registry });
    addEventLoopDelay(this.registry);
    this.#addGauges(measured);
  }

  frame(outcome: 'ok' | 'dropped' | 'error', detail: string): void {
    this.#byOutcome[outcome]?.inc();
    if (outcome === 'dropped') this.#dropped.inc({ reason: detail });
    if (outcome === 'error') this.#errors.inc({ code: detail });
  }
  carried(how: 'glance' | 'unseen'): void {
    this.#carried.inc({ how });
  }
  stage(stage: StageName, ms: number): void {
    this.#byStage.get(stage)?.observe(ms / 1000);
  }
  batch(model: string, size: number, ms: number): void {
    this.#batches.observe({ model }, size);
    this.#inference.inc({ model }, ms / 1000);
  }
  decided(model: string, isAccepted: boolean): void {
    this.#decisions.inc({ model, outcome: isAccepted ? 'accepted' : 'none' });
  }

  received(bytes: number): void {
    this.#received.inc();
    this.#receivedBytes.inc(bytes);
  }
  messageRefused(code: string, messages = 1): void {
    this.#refused.inc({ code }, messages);
  }
  connectionOpened(): void {
    this.#connections.inc();
    this.#connectionsOpened.inc();
  }
  connectionClosed(): void {
    this.#connections.dec();
  }
  turnedAway(reason: Refusal): void {
    this.#turnedAway.inc({ reason });
  }
  slowReader(): void {
    this.#slowReaders.inc();
  }
  certificateReloaded(outcome: 'ok' | 'refused'): void {
    this.#certificateReloads.inc({ outcome });
  }
  httpAnswered(method: string, route: string, status: number, ms: number): void {
    this.#http.observe({ method, route, status: String(status) }, ms / 1000);
  }

  #addGauges(measured: () => Measured): void {
    const gauge = (name: string, help: string, read: (now: Measured) => number): void => {
      const made: Gauge = new Gauge({ name, help, registers: [this.registry], collect: () => made.set(read(measured())) });
    };
    const state = (pick: (state: ReturnType<Pipeline['state']>) => number) => (now: Measured) =>
      now.pipeline === null ? 0 : pick(now.pipeline.state());
    gauge('onlooker_ready', '1 when the service takes frames.', (now) => (now.missing.length === 0 ? 1 : 0));
    gauge(
      'onlooker_streams',
      'Streams that are open.',
      state((s) => s.streams),
    );
    gauge(
      'onlooker_stream_credits',
      'Frames that the clients of all open streams together may have unanswered.',
      (now) => (now.pipeline?.state().streams ?? 0) * now.creditsPerStream,
    );
    gauge(
      'onlooker_frames_waiting',
      'Frames waiting in their streams.',
      state((s) => s.framesWaiting),
    );
    gauge(
      'onlooker_frames_in_flight',
      'Frames and images being worked on.',
      state((s) => s.framesInFlight),
    );
    gauge(
      'onlooker_waiting_bytes',
      'Bytes of the images that wait.',
      state((s) => s.waitingBytes),
    );
    gauge(
      'onlooker_requests_waiting',
      'Single images (HTTP) waiting.',
      state((s) => s.requestsWaiting),
    );
    gauge(
      'onlooker_batch_waiting_frames',
      'Frames waiting for a lane to detect in.',
      state((s) => s.batchWaiting.get('faces/frames') ?? 0),
    );
    gauge(
      'onlooker_batch_waiting_faces',
      'Faces waiting for a lane to describe them.',
      state((s) => s.batchWaiting.get('faces/faces') ?? 0),
    );
    gauge(
      'onlooker_lanes',
      'Inference lanes.',
      state((s) => s.lanes),
    );
    gauge(
      'onlooker_lanes_busy',
      'Inference lanes at work.',
      state((s) => s.lanesBusy),
    );
    gauge('onlooker_gallery_people', 'People in the gallery.', (now) => now.gallery?.size.people ?? 0);
    gauge('onlooker_gallery_faces', 'Faces in the gallery.', (now) => now.gallery?.size.faces ?? 0);
    gauge('onlooker_gallery_version', 'Version of the gallery; grows with every change.', (now) => now.gallery?.version ?? 0);
    gauge('onlooker_events_kept', 'Events that are kept.', (now) => now.events?.figures.kept ?? 0);
    gauge('onlooker_events_unkept', 'Events since the start that could not be kept.', (now) => now.events?.figures.unkept ?? 0);
    this.#addCacheFigures(measured);
    this.#addCameraGauge(measured);
    this.#addModelGauges(measured);
    this.#addCertificateGauge(measured);
  }

  #addCertificateGauge(measured: () => Measured): void {
    const made: Gauge = new Gauge({
      name: 'onlooker_tls_certificate_expiry_timestamp_seconds',
      help: 'When the certificate that is served ends, as Unix time; by where it comes from: `files` or `lan`. Not there without TLS.',
      labelNames: ['source'],
      registers: [this.registry],
      collect: () => {
        const { certificate } = measured();
        if (certificate !== null) made.set({ source: certificate.source }, certificate.notAfterMs / 1000);
      },
    });
  }

  #addCacheFigures(measured: () => Measured): void {
    const figures = () =>
      measured().pipeline?.cacheFigures ?? { hits: 0, joined: 0, misses: 0, evictions: 0, entries: 0, bytes: 0 };
    const lookups: Counter = new Counter({
      name: 'onlooker_cache_lookups_total',
      help: 'Images looked for among those worked on before: found (`hit`), being worked on for somebody else (`joined`), or not there (`miss`).',
      labelNames: ['result'],
      registers: [this.registry],
      collect: () => {
        const { hits, joined, misses } = figures();
        lookups.reset();
        lookups.inc({ result: 'hit' }, hits);
        lookups.inc({ result: 'joined' }, joined);
        lookups.inc({ result: 'miss' }, misses);
      },
    });
    const evictions: Counter = new Counter({
      name: 'onlooker_cache_evictions_total',
      help: 'Images forgotten to make room for others.',
      registers: [this.registry],
      collect: () => {
        evictions.reset();
        evictions.inc(figures().evictions);
      },
    });
    const gauge = (name: string, help: string, read: () => number): void => {
      const made: Gauge = new Gauge({ name, help, registers: [this.registry], collect: () => made.set(read()) });
    };
    gauge('onlooker_cache_images', 'Images whose faces are kept in memory.', () => figures().entries);
    gauge('onlooker_cache_bytes', 'Memory that they take.', () => figures().bytes);
  }

  #addCameraGauge(measured: () => Measured): void {
    const made: Gauge = new Gauge({
      name: 'onlooker_registered_streams',
      help: 'Registered streams, by state.',
      labelNames: ['state'],
      registers: [this.registry],
      collect: () => {
        const states = measured().cameras?.states();
        for (const state of STREAM_STATES) made.set({ state }, states?.get(state) ?? 0);
      },
    });
    const gauge = (name: string, help: string, read: (cameras: Cameras | null) => number): void => {
      const unsteady: Gauge = new Gauge({
        ...{ name, help, registers: [this.registry] },
        collect: () => unsteady.set(read(measured().cameras)),
      });
    };
    gauge(
      'onlooker_registered_streams_frozen',
      'Registered streams that are live and show the same picture all the time.',
      (cameras) => cameras?.unsteady.frozen ?? 0,
    );
    gauge(
      'onlooker_registered_streams_flapping',
      'Registered streams that come and go too often to be told each time.',
      (cameras) => cameras?.unsteady.flapping ?? 0,
    );
    const changes: Counter = new Counter({
      name: 'onlooker_registered_stream_changes_total',
      help: 'How often registered streams came up, went down, froze and moved again, whether it was told as an event or not.',
      labelNames: ['change'],
      registers: [this.registry],
      collect: () => {
        const counts = measured().cameras?.changes;
        changes.reset();
        for (const change of STREAM_CHANGES) changes.inc({ change }, counts?.[change] ?? 0);
      },
    });
  }

  #addModelGauges(measured: () => Measured): void {
    const ofModels = (name: string, help: string, read: (model: Pipeline['models'][number]) => number): void => {
      const made: Gauge = new Gauge({
        name,
        help,
        labelNames: ['model'],
        registers: [this.registry],
        collect: () => {
          for (const model of measured().pipeline?.models ?? []) made.set({ model: model.id }, read(model));
        },
      });
    };
    ofModels('onlooker_model_load_seconds', 'Time that loading a model took.', (model) => model.load_ms / 1000);
    ofModels('onlooker_model_warmup_seconds', 'Time of the first runs of a model.', (model) => model.warmup_ms / 1000);
    const info: Gauge = new Gauge({
      name: 'onlooker_info',
      help: 'Always 1: the version, and the provider that really runs the models.',
      labelNames: ['version', 'provider'],
      registers: [this.registry],
      collect: () => {
        const { pipeline } = measured();
        if (pipeline !== null) info.set({ version: VERSION, provider: pipeline.provider }, 1);
      },
    });
  }
}

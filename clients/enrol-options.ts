// What may be said beside the faces when somebody is enrolled.

export interface EnrolOptions {
  /** Ids of people whom the face resembles and who are others, such as twins: faces near both are `ambiguous` from then on. */
  readonly twinOf?: readonly string[];
}

/** Names of events that can be listened to on the page or on one element of it. */
export type EventsType =
  | keyof HTMLElementEventMap
  | keyof DocumentEventMap
  | keyof WindowEventMap
  | 'DOMMouseScroll'
  | 'MSPointerDown'
  | 'MSPointerMove'
  | 'mousewheel'
  | 'open'
  | 'search'
  | 'show';

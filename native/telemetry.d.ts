/** Switches the engine's telemetry off for this process and what it starts; in a worker thread it changes nothing. */
export function switchTelemetryOff(): void;

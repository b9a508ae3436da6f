export function Brand() {
  return (
    <h1 class="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" />
        <path d="M4 14h24M6 24v-2a4.5 4.5 0 0 1 9 0v2m2 0v-2a4.5 4.5 0 0 1 9 0v2" />
      </svg>
      Causeway
    </h1>
  );
}

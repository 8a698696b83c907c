// Before the first paint: the remembered theme, else the system's. A file of its own, so that no inline script is needed.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem('fleetbeat-theme');
  } catch (refused) {
    void refused; // storage may be forbidden; the system's theme is used
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();

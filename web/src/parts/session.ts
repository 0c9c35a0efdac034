const key = 'gyre-token'

/** The token that this browser tab signed in with; forgotten when the tab is closed. */
export function sessionToken(): string | null {
  return sessionStorage.getItem(key)
}

/** Signs this tab in; the page starts anew with it. */
export function signIn(token: string): void {
  sessionStorage.setItem(key, token)
  location.reload()
}

export function signOut(): void {
  sessionStorage.removeItem(key)
  location.reload()
}
